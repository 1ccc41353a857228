import ControlAPI
import FoundationEssentials
import GRDB

/// The queue and all that must outlive the daemon, in SQLite.
///
/// Every change is on the disk before its call returns.
struct JobStore: Sendable {
    let database: DatabasePool
    let line = QueueLine()

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
        database.add(transactionObserver: line, extent: .databaseLifetime)
    }

    // MARK: Planning

    /// Puts jobs at the queue's end and remembers the prompt that they came from, both or neither.
    ///
    /// A job whose key is known is not made again. One that failed gets another try, and so does one whose
    /// picture went with the folder it was in, when another folder bears the subject's name. What waits and is
    /// not asked for by its prompt file any more is taken back.
    ///
    /// - Parameters:
    ///   - made: pictures that already bear a job's name, by its short name.
    ///   - goesOn: whether these are only those of its lines that waited for photos; nothing is taken back then.
    /// - Returns: how many jobs wait that did not wait before.
    func enqueue(
        _ jobs: [PlannedJob], from prompt: HandledPrompt, subject: String, made: [String: String],
        goesOn: Bool = false, at now: Date
    ) async throws -> Int {
        try await database.write { db in
            let before = try Self.handledPrompt(of: subject, file: prompt.file, db)
            let isOtherFolder = before.map { !$0.isSameFolder(as: prompt) } ?? false
            var count = 0
            for var job in jobs {
                job.source = prompt.file
                let isMade = made[job.shortID] != nil
                let row = try Row.fetchOne(
                    db, sql: "SELECT state, isWithdrawn, removedAt FROM job WHERE key = ?",
                    arguments: [job.key])
                guard let row else {
                    try Self.insert(job, made: made[job.shortID], at: now, db)
                    if !isMade { count += 1 }
                    continue
                }
                let again =
                    switch Job.State(rawValue: row["state"]) {
                    case .failed: true
                    case .done: isOtherFolder && !isMade && (row["removedAt"] as Double?) == nil
                    case .cancelled: row["isWithdrawn"] as Bool
                    default: false
                    }
                if again {
                    try Self.requeue(job.key, db)
                    try db.execute(
                        sql:
                            "UPDATE job SET referencePhotos = ?, startPhotos = ?, source = ?, priority = ?, seal = ? WHERE key = ?",
                        arguments: [
                            try Self.text(job.references), try job.start.map(Self.text), prompt.file,
                            job.priority, try JobSeal.of(job),
                            job.key,
                        ])
                    count += 1
                }
            }
            if !goesOn { try Self.withdraw(prompt.file, of: subject, but: jobs, at: now, db) }
            try Self.remember(prompt, of: subject, db)
            return count
        }
    }

    /// The numbers of that very prompt's lines that wait for photos while the others became jobs; nil where none do.
    func linesThatWait(
        of prompt: HandledPrompt, _ lines: [PromptLine], subject: String
    ) async throws -> [Int]? {
        try await database.read { db in
            try Self.handledPrompt(of: subject, file: prompt.file, db)?.linesThatWait(of: prompt, lines)
        }
    }

    /// Takes back what waits and is asked for by that prompt file no more, as when the file is gone. Should it come
    /// back as it was, it is turned into jobs again.
    func withdraw(_ source: String, of subject: String, at now: Date) async throws {
        try await database.write { db in
            try Self.withdraw(source, of: subject, but: [], at: now, db)
            try db.execute(
                sql: "UPDATE handledPrompt SET size = -1, modified = ? WHERE subject = ? AND file = ?",
                arguments: [HandledPrompt.forgotten, subject, source])
        }
    }

    private static func withdraw(
        _ source: String, of subject: String, but jobs: [PlannedJob], at now: Date, _ db: Database
    ) throws {
        let asked = Set(jobs.map(\.key))
        let waiting = try Job.fetch(
            db, "WHERE subject = ? AND state = ? AND source = ?",
            [subject, Job.State.queued.rawValue, source])
        let surplus = waiting.filter { !asked.contains($0.plan.key) }
        for job in surplus {
            let successor = jobs.first {
                $0.prompt == job.plan.prompt && $0.options == job.plan.options
                    && ($0.references, $0.start) != (job.plan.references, job.plan.start)
            }
            let reason =
                successor.map {
                    "the photos changed; job \($0.shortID) makes it with those that are there now"
                }
                ?? "\(source) does not ask for it any more"
            try db.execute(
                sql: "UPDATE job SET state = ?, reason = ?, finishedAt = ?, isWithdrawn = 1 WHERE key = ?",
                arguments: [
                    Job.State.cancelled.rawValue, reason, now.timeIntervalSince1970, job.plan.key,
                ])
        }
        guard !surplus.isEmpty else { return }
        // Another of the subject's prompt files may ask for the same: it is turned into jobs once more.
        try db.execute(
            sql: "UPDATE handledPrompt SET modified = ? WHERE subject = ? AND file <> ?",
            arguments: [HandledPrompt.forgotten, subject, source])
    }

    /// Puts jobs that no prompt file asks for at the queue's end. One whose key is known is not made again; one
    /// that ended without a picture gets another try.
    ///
    /// - Returns: all of them as they stand then.
    func add(_ jobs: [PlannedJob], at now: Date) async throws -> [Job] {
        try await database.write { db in
            try jobs.map { job in
                switch try String.fetchOne(
                    db, sql: "SELECT state FROM job WHERE key = ?", arguments: [job.key]
                ).flatMap(Job.State.init(rawValue:)) {
                case nil: try Self.insert(job, made: nil, at: now, db)
                case .failed, .cancelled, .held: try Self.requeue(job.key, db)
                case .queued, .running, .done: break
                }
                return try Job.find(job.key, db)
            }
        }
    }

    static func insert(_ job: PlannedJob, made: String?, at now: Date, _ db: Database) throws {
        let seal = try JobSeal.of(job)
        try db.execute(
            sql: """
                INSERT INTO job (key, subject, prompt, options, seed, referencePhotos, startPhotos, state, attempts, position,
                createdAt, finishedAt, output, source, priority, modelHash, repeats, seal)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, \(nextPosition), ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                job.key, job.subject, job.prompt, try text(job.options), Int64(job.seed),
                try text(job.references), try job.start.map(text),
                (made == nil ? Job.State.queued : .done).rawValue,
                now.timeIntervalSince1970, made == nil ? nil : now.timeIntervalSince1970, made, job.source,
                job.priority, job.modelHash, job.repeats, seal,
            ])
    }

    private static let nextPosition = "(SELECT coalesce(max(position), 0) + 1 FROM job)"

    /// Lets a job wait at the queue's end as if it had never been begun.
    static func requeue(_ key: String, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE job SET state = ?, reason = NULL, attempts = 0, position = \(nextPosition), place = 0,
                placeBefore = NULL, isBegun = 0, isWithdrawn = 0, startedAt = NULL, finishedAt = NULL, output = NULL,
                outputHash = NULL, removedAt = NULL WHERE key = ?
                """,
            arguments: [Job.State.queued.rawValue, key])
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

    /// Ends the store's use of its file, and leaves nothing in the log beside it.
    func close() {
        // SQLite does that itself where the connection that writes is the last to be closed, which here it is not.
        _ = try? database.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
        try? database.close()
    }

    // MARK: Values as text

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }
}
