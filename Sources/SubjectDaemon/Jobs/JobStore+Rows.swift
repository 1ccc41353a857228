import FoundationEssentials
import GRDB

extension Job {
    /// The jobs of that condition.
    static func fetch(
        _ db: Database, _ condition: String, _ values: [(any DatabaseValueConvertible)?]
    ) throws -> [Job] {
        try Row.fetchAll(db, sql: "SELECT * FROM job " + condition, arguments: StatementArguments(values))
            .map(Job.init(row:))
    }

    /// The job of that key, which is there.
    static func find(_ key: String, _ db: Database) throws -> Job {
        guard let job = try fetch(db, "WHERE key = ?", [key]).first else {
            throw DatabaseError(message: "there is no job \(key.prefix(10))")
        }
        return job
    }

    init(row: Row) throws {
        guard let state = Job.State(rawValue: row["state"]) else {
            throw DatabaseError(message: "a job of the unknown state \(row["state"] as String)")
        }
        func date(_ column: String) -> Date? {
            (row[column] as Double?).map(Date.init(timeIntervalSince1970:))
        }
        self.init(
            plan: PlannedJob(
                key: row["key"], subject: row["subject"], prompt: row["prompt"],
                options: try JobStore.value(row["options"]),
                seed: UInt32(truncatingIfNeeded: row["seed"] as Int64),
                references: try JobStore.value(row["referencePhotos"]),
                start: try (row["startPhotos"] as String?).map(JobStore.value), source: row["source"],
                priority: row["priority"], modelHash: row["modelHash"], repeats: row["repeats"]),
            state: state, reason: row["reason"], attempts: row["attempts"], position: row["position"],
            createdAt: date("createdAt") ?? Date(timeIntervalSince1970: 0), startedAt: date("startedAt"),
            finishedAt: date("finishedAt"), output: row["output"],
            isWithdrawn: row["isWithdrawn"])
    }
}
