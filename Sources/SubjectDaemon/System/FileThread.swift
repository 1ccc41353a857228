import NIOPosix

/// Runs what waits for a disk, off the threads that everything else shares.
struct FileThread: Sendable {
    private let pool: NIOThreadPool

    /// A pool of so many threads, started.
    init(threads: Int) {
        pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
    }

    /// Runs the work and gives back what it returns.
    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await pool.runIfActive(work)
    }

    /// Ends the threads once their work is done.
    func shutdown() async {
        try? await pool.shutdownGracefully()
    }
}
