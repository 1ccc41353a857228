import GRDB
import Synchronization

/// Remembers the order of the jobs that wait for as long as no job changes.
final class QueueLine: TransactionObserver, Sendable {
    private struct State {
        /// Changes of jobs that were committed so far.
        var changes = 0
        /// The order, and the changes after which it was read.
        var known: (order: [QueueOrder.Entry], changes: Int)?
        /// Whether the transaction under way changes a job.
        var isTouched = false
    }

    private let state = Mutex(State())

    /// The order, read anew where a job changed since it was read last.
    func order(in database: DatabasePool) async throws -> [QueueOrder.Entry] {
        let (known, changes) = state.withLock { ($0.known, $0.changes) }
        if let known, known.changes == changes { return known.order }
        let order = try await database.read(Self.read)
        state.withLock { state in
            if state.changes == changes { state.known = (order, changes) }
        }
        return order
    }

    /// The order as it stands in that transaction.
    static func read(_ db: Database) throws -> [QueueOrder.Entry] {
        var served: [String: Int64] = [:]
        let turns = try Row.fetchCursor(db, sql: "SELECT subject, number FROM turn")
        while let row = try turns.next() { served[row[0]] = row[1] }
        var waiting: [QueueOrder.Entry] = []
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT key, subject, priority, position, place, placeBefore, isBegun FROM job
                WHERE state = ? ORDER BY position
                """, arguments: [Job.State.queued.rawValue])
        while let row = try rows.next() {
            waiting.append(
                QueueOrder.Entry(
                    key: row[0], subject: row[1], priority: row[2], position: row[3], place: row[4],
                    placeBefore: row[5], isBegun: row[6]))
        }
        return QueueOrder.order(waiting, served: served)
    }

    // MARK: Changes

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { eventKind.tableName == "job" }

    func databaseDidChange(with event: DatabaseEvent) {
        state.withLock { $0.isTouched = true }
    }

    func databaseDidCommit(_ db: Database) {
        state.withLock { state in
            if state.isTouched { state.changes += 1 }
            state.isTouched = false
        }
    }

    func databaseDidRollback(_ db: Database) {
        state.withLock { $0.isTouched = false }
    }
}
