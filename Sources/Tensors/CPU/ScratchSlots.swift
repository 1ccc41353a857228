import Synchronization

/// Hands out equal parts of one scratch block to the threads of a parallel section.
final class ScratchSlots: Sendable {
    nonisolated(unsafe) let base: UnsafeMutableRawPointer
    private let free: Mutex<[Int]>

    init(_ base: UnsafeMutableRawPointer, slots: Int) {
        self.base = base
        free = Mutex(Array(0..<slots))
    }

    func take() -> Int { free.withLock { $0.removeLast() } }
    func put(_ slot: Int) { free.withLock { $0.append(slot) } }
}
