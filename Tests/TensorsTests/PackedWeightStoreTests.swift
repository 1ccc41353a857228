import CKernels
import Foundation
import Tensors
import Testing

/// Packed weights on the disk: the same numbers with and without, whatever happens to the files.
@Suite(.enabled(if: CPUConfiguration.hasOneDNN && CPUConfiguration().usesOneDNN))
struct PackedWeightStoreTests {
    /// A checkpoint of two products and two convolutions, and a folder for what is made of it.
    private final class Model {
        let checkpoint = TemporaryFile()
        let store = TemporaryFile("packed")
        var folder: String { store.path }
        var messages: [String] = []

        init(seed: UInt64 = 1) throws { try write(seed: seed) }

        /// A file is known by its times once these are past.
        func write(seed: UInt64) throws {
            let backend = CPUBackend()
            try SafetensorsWriter.write(
                [
                    ("a", Tensor(normal: [96, 128], seed: seed, on: backend)),
                    ("b", Tensor(normal: [64, 96], seed: seed + 1, on: backend)),
                    ("c", Tensor(normal: [32, 16, 3, 3], seed: seed + 2, on: backend)),
                    ("d", Tensor(normal: [16, 16, 3, 3], seed: seed + 3, on: backend)),
                ], to: checkpoint.path)
            Thread.sleep(forTimeInterval: 3.2)
        }

        /// What comes of it on a new backend, as if the program had started anew.
        func result(
            _ precision: Precision = .float32, budget: Int64? = 1 << 30, leftFree: Int64 = 0,
            trims: Bool = false, narrows: Bool = false
        ) throws -> [Float] {
            let store = try budget.map {
                try PackedWeightStore(folder: folder, budget: $0, leftFree: leftFree) {
                    self.messages.append($0)
                }
            }
            let backend = CPUBackend(
                CPUConfiguration(
                    threads: 2, usesOneDNN: narrows ? false : nil, precision: precision, narrows: narrows),
                packedWeights: store)
            let file = try SafetensorsFile(path: checkpoint.path)
            let weights = try ["a", "b", "c", "d"].map {
                Parameter(name: $0, value: try file.tensor($0, on: backend))
            }
            let x = Tensor(normal: [40, 128], seed: 7, on: backend)
            let image = Tensor(normal: [1, 12, 12, 16], seed: 8, on: backend)
            // Large enough for tiles.
            let large = Tensor(normal: [1, 27, 25, 16], seed: 9, on: backend)
            let geometry = ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1)
            var out: [Float] = []
            for _ in 0..<2 {
                out += x.linear(weights[0]).linear(weights[1]).elements
                out += image.convolution(weights[2], bias: nil, geometry: geometry).elements
                out += large.convolution(weights[3], bias: nil, geometry: geometry).elements
                if trims {
                    backend.trim()
                    backend.discardWeights()
                }
            }
            return out
        }

        var files: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        }
        func path(_ name: String) -> String { "\(folder)/\(name)" }
        func modified(_ name: String) throws -> Date? {
            try FileManager.default.attributesOfItem(atPath: path(name))[.modificationDate] as? Date
        }
    }

    @Test(arguments: [Precision.float32, .bfloat16, .int8])
    func sameNumbers(_ precision: Precision) throws {
        let model = try Model()
        let plain = try model.result(precision, budget: nil)
        #expect(model.files.isEmpty)
        let packing = try model.result(precision)
        let files = model.files
        // Where the processor lacks the precision, weights are rounded in memory, and those are no file's.
        let isNative = CPUConfiguration().supports(precision)
        #expect(isNative ? files.count == 4 && files.allSatisfy { $0.hasSuffix(".packed") } : files.isEmpty)
        let before = try files.map { try Data(contentsOf: URL(fileURLWithPath: model.path($0))) }
        let ready = try model.result(precision, trims: true)
        #expect(packing == plain && ready == plain)
        #expect(try model.files.map { try Data(contentsOf: URL(fileURLWithPath: model.path($0))) } == before)
        #expect(model.messages == [])
    }

    /// Where integers stand in for a precision, weights take what they would in it, and a scale for each output; in tiles they have 16
    /// bits, and a scale for each output at each point.
    @Test func narrowWeights() throws {
        let model = try Model()
        let plain = try model.result(.int8, budget: nil, narrows: true)
        #expect(try model.result(.int8, narrows: true) == plain)
        let files = model.files
        #expect(try model.result(.int8, trims: true, narrows: true) == plain)
        #expect(model.files == files && model.messages == [])
        let sizes = try files.map {
            try Data(contentsOf: URL(fileURLWithPath: model.path($0))).count - 4096
        }
        let expected = [
            96 * 128 + 4 * 96, 64 * 96 + 4 * 64, 32 * 16 * 9 + 4 * 32, 2 * 16 * 16 * 16 + 4 * 16 * 16,
        ]
        #expect(sizes.sorted() == expected.sorted())
    }

    /// A file that was damaged, cut, emptied or exchanged for another is dropped and made again.
    @Test(arguments: ["a bit", "cut", "longer", "zeros", "another", "its head"])
    func damage(_ kind: String) throws {
        let model = try Model()
        let expected = try model.result()
        let files = model.files
        let path = model.path(files[0])
        let sound = try Data(contentsOf: URL(fileURLWithPath: path))
        var bytes = sound
        switch kind {
        case "a bit": bytes[bytes.count - 77] ^= 1
        case "cut": bytes.removeLast(64)
        case "longer": bytes += Data(repeating: 0, count: 64)
        case "zeros": bytes.replaceSubrange(4096..<5000, with: Data(repeating: 0, count: 904))
        case "another": bytes = try Data(contentsOf: URL(fileURLWithPath: model.path(files[1])))
        default: bytes[20] ^= 1
        }
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try model.result() == expected)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == sound)
        // Of another size it is not this weight's file, and is written over without a word.
        let said = model.messages
        #expect(said.isEmpty || said.count == 1 && said[0].contains(files[0]), "\(said)")
        #expect(!said.isEmpty || ["cut", "longer", "another"].contains(kind))
    }

    /// A checkpoint that was exchanged for another of the same name is packed anew.
    @Test func changedCheckpoint() throws {
        let model = try Model()
        let first = try model.result()
        try model.write(seed: 50)
        let second = try model.result()
        #expect(second != first)
        #expect(try model.result(budget: nil) == second)
        #expect(model.files.count == 8)
    }

    /// What was written a moment ago may change without showing it, and is not kept.
    @Test func freshCheckpoint() throws {
        let model = try Model()
        let expected = try model.result(budget: nil)
        try FileManager.default.setAttributes(
            [.modificationDate: Date()], ofItemAtPath: model.checkpoint.path)
        #expect(try model.result() == expected)
        #expect(model.files.isEmpty)
    }

    /// Of another model what was not used for longest goes; of this one nothing goes for the sake of the rest.
    @Test func budget() throws {
        let model = try Model()
        let expected = try model.result()
        let sizes = try model.files.map { try Data(contentsOf: URL(fileURLWithPath: model.path($0))).count }
        let first = model.files
        try model.write(seed: 50)
        let budget = Int64(sizes.reduce(0, +))
        let other = try model.result(budget: budget)
        #expect(model.files.count == 4 && Set(model.files).isDisjoint(with: first))
        #expect(model.messages == [])
        let second = model.files
        for name in second { unlink(model.path(name)) }
        #expect(try model.result(budget: budget - 1) == other && other != expected)
        #expect(model.files.count == 3)
        let said = model.messages
        #expect(said.count == 1 && said[0].contains("packed anew at each start"), "\(said)")
    }

    /// A smaller budget, or none, frees the disk when the folder is opened.
    @Test func smallerBudget() throws {
        let model = try Model()
        _ = try model.result()
        let sizes = try model.files.map { try Data(contentsOf: URL(fileURLWithPath: model.path($0))).count }
        _ = try PackedWeightStore(folder: model.folder, budget: Int64(sizes.reduce(0, +)), leftFree: 0)
        #expect(model.files.count == 4)
        _ = try PackedWeightStore(folder: model.folder, budget: Int64(sizes.reduce(0, +) - 1), leftFree: 0)
        #expect(model.files.count == 3)
        _ = try PackedWeightStore(folder: model.folder, budget: 0, leftFree: 0)
        #expect(model.files.isEmpty)
    }

    /// On a disk that is nearly full nothing is kept, and all goes on.
    @Test func fullDisk() throws {
        let model = try Model()
        let expected = try model.result(budget: nil)
        #expect(try model.result(leftFree: .max) == expected)
        #expect(model.files.isEmpty && model.messages.count == 1)
    }

    /// A folder that cannot be made is an error that names it.
    @Test func noFolder() {
        #expect(throws: SafetensorsError.self) {
            try PackedWeightStore(folder: "/proc/none/packed", budget: 1)
        }
    }

    /// Any bit shows, and so do bytes that are missing at the end; threads make no difference.
    @Test func checksum() {
        var bytes = (0..<3_000_011).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        func sum(_ count: Int, threads: Int32 = 2) -> UInt64 {
            var context = ck_context(threads: threads, isa: CK_GENERIC, tiles: false)
            return ck_checksum(&context, bytes, count)
        }
        let whole = sum(bytes.count)
        #expect(sum(bytes.count, threads: 1) == whole)
        var seen: Set<UInt64> = [whole]
        for count in [0, 1, 31, 32, 33, 1 << 20, 1 << 20 + 1, bytes.count - 1] {
            #expect(seen.insert(sum(count)).inserted, "\(count)")
        }
        for position in [0, 7, 8, 31, 32, 1 << 20, 2_000_000, bytes.count - 1] {
            for bit in [UInt8(1), 128] {
                bytes[position] ^= bit
                #expect(seen.insert(sum(bytes.count)).inserted, "\(position), \(bit)")
                bytes[position] ^= bit
            }
        }
    }
}
