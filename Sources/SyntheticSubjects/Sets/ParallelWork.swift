import Foundation
import Synchronization

/// Work in many pieces on several threads of its own, off the cooperative pool.
public enum ParallelWork {
    /// Does every piece once, in order as far as threads allow. After an error no new piece is begun.
    ///
    /// - Throws: the first error.
    public static func run(
        _ pieces: Range<Int>, threads: Int, _ body: @Sendable (Int) throws -> Void
    ) throws {
        let next = Mutex(pieces.lowerBound)
        let failure = Mutex<(any Error)?>(nil)
        DispatchQueue.concurrentPerform(iterations: min(max(1, threads), max(1, pieces.count))) { _ in
            while failure.withLock({ $0 == nil }) {
                let piece = next.withLock { value in
                    defer { value += 1 }
                    return value
                }
                guard piece < pieces.upperBound else { return }
                do { try body(piece) } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// What comes of every piece, in the pieces' order.
    public static func map<Result: Sendable>(
        _ pieces: Range<Int>, threads: Int, _ body: @Sendable (Int) throws -> Result
    ) throws -> [Result] {
        let results = Mutex<[Int: Result]>([:])
        try run(pieces, threads: threads) { piece in
            let result = try body(piece)
            results.withLock { $0[piece] = result }
        }
        return results.withLock { results in pieces.compactMap { results[$0] } }
    }
}
