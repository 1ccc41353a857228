import ControlAPI
import FoundationEssentials
import GRDB

/// The queue and all that must outlive the daemon, in SQLite.
///
/// Every change is on the disk before its call returns.
struct JobStore: Sendable {
    let database: DatabasePool

    /// Opens the store, and makes or updates its tables.
    init(path: String) throws {
        var configuration = Configuration()
        configuration.label = "jobs"
        configuration.maximumReaderCount = 2
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
        database = try DatabasePool(path: path, configuration: configuration)
        try JobSchema.migrator.migrate(database)
    }

    // MARK: Planning

    /// Puts jobs at the queue's end and remembers the prompt that they came from, both or neither.
    ///
    /// A job whose key is known is not made again. One that failed gets another try, and so does one whose
    /// picture went with the folder it was in, when another folder bears the subject's name.
    ///
    /// - Parameter made: pictures that already bear a job's name, by its short name.
    /// - Returns: how many jobs wait that did not wait before.
    func enqueue(
        _ jobs: [PlannedJob], from prompt: HandledPrompt, subject: String, made: [String: String],
        at now: Date
    ) async throws -> Int {
        try await database.write { db in
            var position = try Int64.fetchOne(db, sql: "SELECT max(position) FROM job") ?? 0
            let before = try Self.handledPrompt(of: subject, file: prompt.file, db)
            let isOtherFolder = before.map { !$0.isSameFolder(as: prompt) } ?? false
            var count = 0
            for job in jobs {
                position += 1
                switch try String.fetchOne(
                    db, sql: "SELECT state FROM job WHERE key = ?", arguments: [job.key])
                {
                case nil:
                    try Self.insert(job, position: position, made: made[job.shortID], at: now, db)
                    if made[job.shortID] == nil { count += 1 }
                case let state?
                where state == Job.State.failed.rawValue
                    || (state == Job.State.done.rawValue && isOtherFolder && made[job.shortID] == nil):
                    try db.execute(
                        sql: """
                            UPDATE job SET state = ?, reason = NULL, attempts = 0, position = ?, referencePhotos = ?,
                            startedAt = NULL, finishedAt = NULL, output = NULL WHERE key = ?
                            """,
                        arguments: [
                            Job.State.queued.rawValue, position, try Self.text(job.references), job.key,
                        ])
                    count += 1
                default: break
                }
            }
            try Self.remember(prompt, of: subject, db)
            return count
        }
    }

    private static func insert(
        _ job: PlannedJob, position: Int64, made: String?, at now: Date, _ db: Database
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO job (key, subject, prompt, options, seed, referencePhotos, state, attempts, position,
                createdAt, finishedAt, output) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)
                """,
            arguments: [
                job.key, job.subject, job.prompt, try text(job.options), Int64(job.seed),
                try text(job.references),
                (made == nil ? Job.State.queued : .done).rawValue, position, now.timeIntervalSince1970,
                made == nil ? nil : now.timeIntervalSince1970, made,
            ])
    }

    // MARK: Running

    /// The first job that waits, of the subjects that are there.
    func next(among present: Set<String>) async throws -> Job? {
        try await database.read { db in
            let rows = try Row.fetchCursor(
                db, sql: "SELECT * FROM job WHERE state = ? ORDER BY position",
                arguments: [Job.State.queued.rawValue])
            while let row = try rows.next() {
                if present.contains(row["subject"]) { return try Self.job(row) }
            }
            return nil
        }
    }

    /// Notes that the job is begun, before it is.
    func begin(_ key: String, at now: Date) async throws {
        try await update(
            "state = ?, reason = NULL, attempts = attempts + 1, startedAt = ?, finishedAt = NULL", key,
            [Job.State.running.rawValue, now.timeIntervalSince1970])
    }

    /// Notes that the job is done and where its picture is.
    func finish(_ key: String, output: String, at now: Date) async throws {
        try await update(
            "state = ?, reason = NULL, output = ?, finishedAt = ?", key,
            [Job.State.done.rawValue, output, now.timeIntervalSince1970])
    }

    /// Notes that the job could not be done, or is set aside.
    func end(_ key: String, as state: Job.State, reason: String, at now: Date) async throws {
        try await update(
            "state = ?, reason = ?, finishedAt = ?", key, [state.rawValue, reason, now.timeIntervalSince1970])
    }

    /// Puts a job that was begun back in its place. An attempt that ended for a reason outside it is not counted.
    func putBack(_ key: String, countAttempt: Bool) async throws {
        try await update(
            "state = ?, attempts = max(attempts - ?, 0), startedAt = NULL", key,
            [Job.State.queued.rawValue, countAttempt ? 0 : 1])
    }

    private func update(_ assignments: String, _ key: String, _ values: [(any DatabaseValueConvertible)?])
        async throws
    {
        let arguments = StatementArguments(values + [key])
        try await database.write { db in
            try db.execute(sql: "UPDATE job SET \(assignments) WHERE key = ?", arguments: arguments)
        }
    }

    // MARK: Telling

    /// The jobs in that state, in their order: by turn, or those that ended last first.
    func jobs(in states: [Job.State], limit: Int, latestFirst: Bool = false) async throws -> [Job] {
        let marks = states.map { _ in "?" }.joined(separator: ", ")
        let order = latestFirst ? "finishedAt DESC, position DESC" : "position"
        let arguments = StatementArguments(states.map(\.rawValue)) + [limit]
        return try await database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM job WHERE state IN (\(marks)) ORDER BY \(order) LIMIT ?",
                arguments: arguments
            ).map(Self.job)
        }
    }

    /// How many jobs of each subject are in each state.
    func counts() async throws -> [String: [Job.State: Int]] {
        try await database.read { db in
            var counts: [String: [Job.State: Int]] = [:]
            let rows = try Row.fetchCursor(
                db, sql: "SELECT subject, state, count(*) AS n FROM job GROUP BY subject, state")
            while let row = try rows.next() {
                guard let state = Job.State(rawValue: row["state"]) else { continue }
                counts[row["subject"], default: [:]][state] = row["n"]
            }
            return counts
        }
    }

    // MARK: Settings

    /// A value that was kept under this name.
    func setting<Value: Decodable & Sendable>(_ name: String, as type: Value.Type) async throws -> Value? {
        try await database.read { db in
            try String.fetchOne(db, sql: "SELECT value FROM setting WHERE name = ?", arguments: [name])
                .flatMap { try? Self.value($0) }
        }
    }

    /// Keeps a value under this name.
    func set(_ name: String, to value: some Encodable & Sendable) async throws {
        let text = try Self.text(value)
        try await database.write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", arguments: [name, text])
        }
    }

    /// Ends the store's use of its file.
    func close() {
        try? database.close()
    }

    // MARK: Rows

    private static func job(_ row: Row) throws -> Job {
        guard let state = Job.State(rawValue: row["state"]) else {
            throw DatabaseError(message: "a job of the unknown state \(row["state"] as String)")
        }
        func date(_ column: String) -> Date? {
            (row[column] as Double?).map(Date.init(timeIntervalSince1970:))
        }
        return Job(
            plan: PlannedJob(
                key: row["key"], subject: row["subject"], prompt: row["prompt"],
                options: try value(row["options"]),
                seed: UInt32(truncatingIfNeeded: row["seed"] as Int64),
                references: try value(row["referencePhotos"])),
            state: state, reason: row["reason"], attempts: row["attempts"], position: row["position"],
            createdAt: date("createdAt") ?? Date(timeIntervalSince1970: 0), startedAt: date("startedAt"),
            finishedAt: date("finishedAt"), output: row["output"])
    }

    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func value<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}
