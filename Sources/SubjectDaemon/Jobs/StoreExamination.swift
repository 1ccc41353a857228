import GRDB
import Glibc

/// Finds out whether a job store is what was written.
enum StoreExamination {
    /// No store of people's prompts comes near it; its log is no longer.
    private static let maximumBytes = 1 << 30

    /// The first thing that is wrong with the file and its log, found without a change to either.
    static func damage(ofFile path: String) throws -> StoreDamage? {
        var facts = stat()
        guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        if let log = try? FileBytes.read(path + "-wal", limit: maximumBytes),
            WriteAheadLog.isDamaged(log)
        {
            // Without its end the store is sound, and as it was before.
            return StoreDamage(description: "its log, jobs.sqlite-wal, is damaged", hidesRows: true)
        }
        guard facts.st_size > 0 else { return nil }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let database = try DatabaseQueue(path: path, configuration: configuration)
        return try database.read { db in
            let verdict = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")
            return verdict == "ok" ? nil : StoreDamage(description: verdict ?? "it cannot be checked")
        }
    }

    /// The first row that makes no sense. SQLite's own check finds damaged pages; a value of another type than its
    /// column's is sound to SQLite and to nobody who reads it.
    static func fault(inRows db: Database) throws -> String? {
        for table in ["job", "handledPrompt", "photo", "setting", "subject", "turn", "stepTime"] {
            let sound = try soundRow(of: table, db)
            if try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE NOT (\(sound)))")
                ?? true
            {
                return "a row of the table \(table) makes no sense"
            }
        }
        let states = [Job.State.queued, .running, .held].map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM job WHERE state IN (\(states))")
        while let row = try rows.next() {
            guard JobSeal.holds(in: row), (try? Job(row: row)) != nil else {
                return "a job that waits is not what was asked for"
            }
        }
        return nil
    }

    /// A condition that every row of the table meets as it was written.
    static func soundRow(of table: String, _ db: Database) throws -> String {
        var conditions = try db.columns(in: table).compactMap { column -> String? in
            let name = "\"\(column.name)\""
            guard let sound = soundValues(name, declared: column.type) else { return nil }
            return column.isNotNull || column.primaryKeyIndex > 0 ? sound : "(\(name) IS NULL OR (\(sound)))"
        }
        if table == "job" {
            let states = ["queued", "running", "done", "failed", "held", "cancelled"]
            conditions.append("state IN (\(states.map { "'\($0)'" }.joined(separator: ", ")))")
            conditions += [
                "json_valid(options)", "json_valid(referencePhotos)",
                "(startPhotos IS NULL OR json_valid(startPhotos))",
            ]
        }
        return conditions.map { "coalesce(\($0), 0)" }.joined(separator: " AND ")
    }

    private static func soundValues(_ name: String, declared: String) -> String? {
        switch declared.uppercased() {
        case "TEXT": "typeof(\(name)) = 'text'"
        case "INTEGER", "BOOLEAN": "typeof(\(name)) = 'integer'"
        // Seconds since 1970: no later than the year 9999.
        case "DOUBLE": "(typeof(\(name)) IN ('real', 'integer') AND \(name) BETWEEN -1e11 AND 2.6e11)"
        default: nil
        }
    }
}
