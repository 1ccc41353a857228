import GRDB

/// Carries what can be read of a damaged store's jobs into a new one.
enum StoreSalvage {
    struct Result: Equatable {
        /// How many jobs were carried over.
        var jobs = 0
        /// Whether every row could be read.
        var isWhole = true
    }

    /// Jobs go over as they stand, so that what was cancelled stays so and what was made is not made again. Which
    /// prompt was planned last does not: all are planned again, and so jobs that could not be read come back.
    static func carry(from path: String, into store: JobStore) throws -> Result {
        var configuration = Configuration()
        configuration.readonly = true
        guard let damaged = try? DatabaseQueue(path: path, configuration: configuration) else {
            return Result(isWhole: false)
        }
        defer { try? damaged.close() }
        let (jobs, areAllJobs) = rows(of: "job", in: damaged)
        // Under which name a subject's jobs have their keys is known nowhere else.
        let others = ["setting", "subject"].map { table in (table, rows(of: table, in: damaged)) }
        var result = Result(isWhole: areAllJobs && others.allSatisfy { $0.1.areAll })
        try store.database.write { db in
            for row in jobs {
                if try insert(row, into: "job", db) { result.jobs += 1 } else { result.isWhole = false }
            }
            for (table, found) in others {
                for row in found.rows where try !insert(row, into: table, db) { result.isWhole = false }
            }
        }
        return result
    }

    /// The rows from both ends of the table to whatever is unreadable between them.
    private static func rows(of table: String, in database: DatabaseQueue) -> (rows: [Row], areAll: Bool) {
        var seen: Set<Int64> = []
        var found: [Row] = []
        for direction in ["ASC", "DESC"] {
            let isWhole: Void? = try? database.read { db in
                let rows = try Row.fetchCursor(
                    db, sql: "SELECT rowid AS ownRow, * FROM \(table) NOT INDEXED ORDER BY rowid \(direction)"
                )
                while let row = try rows.next() {
                    guard let number = Int64.fromDatabaseValue(row["ownRow"]), seen.insert(number).inserted
                    else { break }
                    found.append(row.copy())
                }
            }
            if direction == "ASC", isWhole != nil { return (found, true) }
        }
        return (found, false)
    }

    /// - Returns: whether the row makes sense and is in the table now.
    private static func insert(_ row: Row, into table: String, _ db: Database) throws -> Bool {
        let columns = try db.columns(in: table).map(\.name).filter(row.hasColumn)
        let names = columns.map { "\"\($0)\"" }.joined(separator: ", ")
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        let values = columns.map { row[$0] as DatabaseValue }
        let sound = try StoreExamination.soundRow(of: table, db)
        do {
            try db.inSavepoint {
                try db.execute(
                    sql: "INSERT INTO \(table) (\(names)) VALUES (\(marks))",
                    arguments: StatementArguments(values))
                let stored = try Row.fetchOne(
                    db, sql: "SELECT * FROM \(table) WHERE rowid = last_insert_rowid() AND \(sound)")
                guard let stored else { throw StoreDamage(description: "a row makes no sense") }
                if table == "job" {
                    guard JobSeal.holds(in: stored), (try? Job(row: stored)) != nil else {
                        throw StoreDamage(description: "a job is not what was asked for")
                    }
                }
                return .commit
            }
            return true
        } catch is StoreDamage {
            return false
        } catch let error as DatabaseError
            where [.SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_ERROR].contains(error.resultCode)
        {
            return false
        }
    }
}
