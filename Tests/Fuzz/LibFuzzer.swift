#if LIBFUZZER
    import Glibc

    /// libFuzzer as a library: it finds its way by what the instrumented parsers tell of their branches.
    enum LibFuzzer {
        nonisolated(unsafe) private static var target: FuzzTarget?

        /// - Parameter arguments: libFuzzer's own: folders of inputs and options.
        static func run(_ target: FuzzTarget, _ arguments: [String]) -> Int32 {
            self.target = target
            var count = Int32(arguments.count + 1)
            var pointers: [UnsafeMutablePointer<CChar>?] =
                (["jedifuzz"] + arguments).map { strdup($0) } + [nil]
            return pointers.withUnsafeMutableBufferPointer { buffer in
                var base = buffer.baseAddress
                return runDriver(&count, &base) { bytes, length in
                    LibFuzzer.target?.run(Array(UnsafeBufferPointer(start: bytes, count: length)))
                    return 0
                }
            }
        }
    }

    @_silgen_name("LLVMFuzzerRunDriver")
    private func runDriver(
        _ count: UnsafeMutablePointer<Int32>,
        _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
        _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
    ) -> Int32
#endif
