import FoundationEssentials
import GRDB
import Glibc
import Logging

/// Opens the job store, and begins a new one where the old one is damaged.
///
/// The queue can be made again from the prompt files, and pictures that are there are found by their names, so
/// that a damaged file need not keep the daemon from its work. The file itself is kept.
struct StoreKeeper {
    let path: String
    let logger: Logger

    /// What is wrong with the store's contents.
    private struct Damage: Error, CustomStringConvertible {
        let description: String
    }

    func open() throws -> JobStore {
        do {
            return try checked()
        } catch {
            guard let damage = Self.damage(error) else { throw error }
            let kept = try putAside()
            logger.error(
                """
                the job store is damaged (\(damage)). It is kept as \(kept), and a new one is begun: the prompt files \
                are planned again, pictures that are there are not made again. What only jedictl had ordered is lost
                """)
            return try JobStore(path: path)
        }
    }

    private func checked() throws -> JobStore {
        let store = try JobStore(path: path)
        do {
            try store.database.read { db in
                if let fault = try Self.fault(in: db) { throw Damage(description: fault) }
            }
        } catch {
            store.close()
            throw error
        }
        return store
    }

    /// What an error says of the file itself; nil for a full disk, a missing permission and the like.
    private static func damage(_ error: any Error) -> String? {
        switch error {
        case let error as Damage: error.description
        case let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode):
            error.message ?? "\(error.resultCode)"
        default: nil
        }
    }

    // MARK: Looking

    /// The first thing that is wrong. SQLite's own check finds damaged pages; a value of another type than its
    /// column's is sound to SQLite and to nobody who reads it.
    private static func fault(in db: Database) throws -> String? {
        let verdict = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
        guard verdict == "ok" else { return verdict ?? "it cannot be checked" }
        for table in ["job", "handledPrompt", "photo", "setting"] {
            for column in try db.columns(in: table) {
                let name = "\"\(column.name)\""
                guard var sound = soundValues(name, declared: column.type) else { continue }
                if !column.isNotNull && column.primaryKeyIndex == 0 {
                    sound = "\(name) IS NULL OR (\(sound))"
                }
                if try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE NOT (\(sound)))")
                    ?? true
                {
                    return "a \(column.name) of the table \(table) makes no sense"
                }
            }
        }
        return nil
    }

    private static func soundValues(_ name: String, declared: String) -> String? {
        switch declared.uppercased() {
        case "TEXT": "typeof(\(name)) = 'text'"
        case "INTEGER", "BOOLEAN": "typeof(\(name)) = 'integer'"
        // Seconds since 1970: no later than the year 9999.
        case "DOUBLE": "typeof(\(name)) IN ('real', 'integer') AND \(name) BETWEEN -1e11 AND 2.6e11"
        default: nil
        }
    }

    // MARK: Keeping

    /// - Returns: where the store is now.
    private func putAside() throws(SystemCallError) -> String {
        let kept =
            (1...).lazy.map { path + ".damaged" + ($0 > 1 ? "-\($0)" : "") }
            .first { access($0, F_OK) != 0 } ?? path + ".damaged"
        // What the log holds belongs to the file.
        for ending in ["-wal", "-shm", ""] where access(path + ending, F_OK) == 0 {
            guard rename(path + ending, kept + ending) == 0 else {
                throw SystemCallError("rename", path + ending)
            }
        }
        return kept
    }
}
