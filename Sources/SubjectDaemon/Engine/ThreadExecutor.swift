import Dispatch
import Foundation
import Synchronization

/// Runs an actor's work on one thread of its own: tensors are confined to it, and computing for minutes keeps
/// nobody else waiting.
final class ThreadExecutor: SerialExecutor {
    private let queue = Mutex<[UnownedJob]>([])
    private let waiting = DispatchSemaphore(value: 0)

    /// - Parameter name: shown by tools that list threads; at most 15 bytes.
    init(name: String) {
        let thread = Thread { [self] in
            while true { next()?.runSynchronously(on: asUnownedSerialExecutor()) }
        }
        thread.name = name
        thread.stackSize = 8 << 20
        thread.start()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.withLock { $0.append(job) }
        waiting.signal()
    }

    private func next() -> UnownedJob? {
        waiting.wait()
        return queue.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
