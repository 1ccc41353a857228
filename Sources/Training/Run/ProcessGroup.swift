import Foundation

#if canImport(CMPI)
    import CMPI
#endif

/// The processes that train one model together, each on its own share of every batch; one, or those that `mpirun` started.
///
/// All of them compute the same steps on the same parameters. The first one writes the run's folder. A process that ends
/// with an error takes the others with it.
public struct ProcessGroup: Sendable {
    /// This process's number, from 0.
    public let rank: Int
    /// How many there are.
    public let size: Int

    /// A process by itself.
    public static let single = ProcessGroup(rank: 0, size: 1)

    var isFirst: Bool { rank == 0 }

    /// The group that this process was started in. To be called once; ``end()`` or ``abort()`` must follow.
    public static func join(environment: [String: String] = ProcessInfo.processInfo.environment)
        throws(TrainingError) -> ProcessGroup
    {
        let wanted = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"].lazy.compactMap { environment[$0] }.first
        guard let wanted, let size = Int(wanted), size > 1 else { return .single }
        #if canImport(CMPI)
            var numbers: (rank: Int32, size: Int32) = (0, 1)
            try check(pg_begin(&numbers.rank, &numbers.size))
            return ProcessGroup(rank: Int(numbers.rank), size: Int(numbers.size))
        #else
            throw .contradiction(
                file: "mpirun",
                reason: "it started \(size) processes, but this program was built without MPI; install "
                    + "libopenmpi-dev and build again, or start it without mpirun")
        #endif
    }

    /// Every process must come to it, or end with ``abort()``.
    public func end() {
        #if canImport(CMPI)
            if size > 1 { pg_end() }
        #endif
    }

    /// Ends all processes, this one included, if there are others; else returns.
    public func abort() {
        #if canImport(CMPI)
            if size > 1 { pg_abort(1) }
        #endif
    }

    /// The sums over all processes, the same bits in each.
    func sum(_ values: UnsafeMutableBufferPointer<Float>) throws(TrainingError) {
        #if canImport(CMPI)
            if size > 1 { try Self.check(pg_sum_floats(values.baseAddress, values.count)) }
        #endif
    }

    /// The sum over all processes.
    func sum(_ value: Double) throws(TrainingError) -> Double {
        var value = value
        #if canImport(CMPI)
            if size > 1 { try Self.check(pg_sum_doubles(&value, 1)) }
        #endif
        return value
    }

    /// The first process's bytes, in all.
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer) throws(TrainingError) {
        #if canImport(CMPI)
            if size > 1 { try Self.check(pg_broadcast(bytes.baseAddress, bytes.count)) }
        #endif
    }

    /// The first process's number, in all.
    func broadcast(_ number: Int) throws(TrainingError) -> Int {
        var number = number
        // Not through withUnsafeMutableBytes, which would lose the error's type.
        let place = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)
        defer { place.deallocate() }
        place.storeBytes(of: number, as: Int.self)
        try broadcast(place)
        number = place.load(as: Int.self)
        return number
    }

    #if canImport(CMPI)
        private static func check(_ error: Int32) throws(TrainingError) {
            guard error != 0 else { return }
            var text = [CChar](repeating: 0, count: 256)
            pg_describe(error, &text, text.count)
            let words = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw .processesLost(reason: String(decoding: words, as: UTF8.self))
        }
    #endif
}
