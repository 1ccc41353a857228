import FoundationEssentials
import GRDB
import Glibc
import Logging

/// Opens the job store, and begins a new one where the old one is damaged.
///
/// The damaged file is kept, what can still be read of its jobs goes into the new one, and the prompt files are
/// planned again: nothing that they ask for is lost, and no picture that is there is made again.
struct StoreKeeper {
    let path: String
    let logger: Logger

    func open() throws -> JobStore {
        try finishExchange()
        do {
            if let damage = try StoreExamination.damage(ofFile: path) { throw damage }
            let store = try JobStore(path: path)
            do {
                try store.database.read { db in
                    if let fault = try StoreExamination.fault(inRows: db) {
                        throw StoreDamage(description: fault)
                    }
                }
            } catch {
                store.close()
                throw error
            }
            return store
        } catch {
            guard let damage = StoreDamage(error) else { throw error }
            return try beginAnew(after: damage)
        }
    }

    /// A crash at any point leaves the damaged store in use, to be found damaged again, or the new one complete.
    private func beginAnew(after damage: StoreDamage) throws -> JobStore {
        try remove(drafted)
        let draft = try JobStore(path: drafted)
        var saved: StoreSalvage.Result
        do {
            saved = try StoreSalvage.carry(from: path, into: draft)
            if damage.hidesRows { saved.isWhole = false }
            // All of it into the one file that takes the damaged one's place.
            _ = try draft.database.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
        } catch {
            draft.close()
            throw error
        }
        draft.close()
        let kept = try keep()
        guard rename(drafted, successor) == 0 else { throw SystemCallError("rename", drafted) }
        try remove(drafted)
        try finishExchange()
        logger.error(
            """
            the job store was damaged (\(damage)). It is kept as \(kept); \(saved.jobs) jobs could be read and go on\
            \(saved.isWhole ? "" : ", others could not"). The prompt files are planned again, and pictures that are \
            there are not made again\
            \(saved.isWhole ? "" : "; what jedictl had ordered beyond those jobs must be ordered again")
            """)
        return try JobStore(path: path)
    }

    // MARK: Keeping and exchanging

    private var drafted: String { path + ".draft" }
    /// Once it is there the store of before is kept under another name and counts no more.
    private var successor: String { path + ".new" }

    /// The log belongs to the file; what readers share of it can be made again.
    private static let endings = ["-wal", "-shm", ""]

    /// Gives the damaged store a second name.
    private func keep() throws(SystemCallError) -> String {
        let kept =
            (1...).lazy.map { path + ".damaged" + ($0 > 1 ? "-\($0)" : "") }
            .first { access($0, F_OK) != 0 } ?? path + ".damaged"
        for ending in ["-wal", ""] where access(path + ending, F_OK) == 0 {
            guard link(path + ending, kept + ending) == 0 else {
                throw SystemCallError("link", path + ending)
            }
        }
        return kept
    }

    private func finishExchange() throws(SystemCallError) {
        guard access(successor, F_OK) == 0 else { return }
        // A log beside another file than its own would be taken for that file's.
        for ending in ["-wal", "-shm"] where unlink(path + ending) != 0 && errno != ENOENT {
            throw SystemCallError("remove", path + ending)
        }
        guard rename(successor, path) == 0 else { throw SystemCallError("rename", successor) }
    }

    private func remove(_ path: String) throws(SystemCallError) {
        for ending in Self.endings where unlink(path + ending) != 0 && errno != ENOENT {
            throw SystemCallError("remove", path + ending)
        }
    }
}

/// What is wrong with the store's contents.
struct StoreDamage: Error, CustomStringConvertible {
    let description: String
    /// Whether what cannot be read any more leaves no gap that shows.
    var hidesRows = false

    init(description: String, hidesRows: Bool = false) {
        self.description = description
        self.hidesRows = hidesRows
    }

    /// What an error says of the file itself; nil for a full disk, a missing permission and the like.
    init?(_ error: any Error) {
        switch error {
        case let error as StoreDamage: self = error
        case let error as DatabaseError where Self.codes.contains(error.resultCode):
            description = error.message ?? "\(error.resultCode)"
        default: return nil
        }
    }

    /// The last: tables that are not what they were made as.
    private static let codes: [ResultCode] = [
        .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_SCHEMA, .SQLITE_ERROR,
    ]
}
