#if LIBFUZZER
    import Glibc

    /// libFuzzer as a library: it finds its way by what the instrumented parsers tell of their branches.
    enum LibFuzzer {
        nonisolated(unsafe) fileprivate static var target: FuzzTarget?

        /// - Parameter arguments: libFuzzer's own: folders of inputs and options.
        static func run(_ target: FuzzTarget, _ arguments: [String]) -> Int32 {
            self.target = target
            var count = Int32(arguments.count + 1)
            var pointers: [UnsafeMutablePointer<CChar>?] =
                (["jedifuzz"] + arguments).map { strdup($0) } + [nil]
            return pointers.withUnsafeMutableBufferPointer { buffer in
                var base = buffer.baseAddress
                return runDriver(&count, &base) { fuzz($0, $1) }
            }
        }
    }

    /// The name by which libFuzzer's own main, which is linked and not used, asks for it.
    @_cdecl("LLVMFuzzerTestOneInput")
    func fuzz(_ bytes: UnsafePointer<UInt8>?, _ length: Int) -> Int32 {
        LibFuzzer.target?.run(Array(UnsafeBufferPointer(start: bytes, count: length)))
        return 0
    }

    @_silgen_name("LLVMFuzzerRunDriver")
    private func runDriver(
        _ count: UnsafeMutablePointer<Int32>,
        _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
        _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
    ) -> Int32
#endif
