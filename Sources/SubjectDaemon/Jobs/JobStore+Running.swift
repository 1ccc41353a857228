import FoundationEssentials
import GRDB

extension JobStore {
    /// The jobs that wait, the next one first.
    func order() async throws -> [QueueOrder.Entry] {
        try await line.order(in: database)
    }

    /// The first job that waits, of the subjects that are there.
    func next(among present: Set<String>) async throws -> Job? {
        guard let next = try await order().first(where: { present.contains($0.subject) }) else { return nil }
        return try await database.read { db in try Job.find(next.key, db) }
    }

    /// Notes that the job is begun, before it is, and that its subject had its turn.
    ///
    /// - Returns: false where it does not wait any more.
    func begin(_ key: String, at now: Date) async throws -> Bool {
        try await database.write { db in
            try db.execute(
                sql: """
                    UPDATE job SET state = ?, reason = NULL, attempts = attempts + 1, startedAt = ?, finishedAt = NULL,
                    place = 0, placeBefore = NULL, isBegun = 0 WHERE key = ? AND state = ?
                    """,
                arguments: [
                    Job.State.running.rawValue, now.timeIntervalSince1970, key, Job.State.queued.rawValue,
                ])
            guard db.changesCount == 1 else { return false }
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO turn (subject, number) SELECT subject,
                    (SELECT coalesce(max(number), 0) + 1 FROM turn) FROM job WHERE key = ?
                    """, arguments: [key])
            return true
        }
    }

    /// Notes that the job is done, and where its picture is. That holds even if it was taken back meanwhile.
    ///
    /// - Parameter hash: the SHA-256 of the picture's file, in hexadecimal.
    func finish(_ key: String, output: String, hash: String? = nil, at now: Date) async throws {
        try await update(
            """
            state = ?, reason = NULL, output = ?, outputHash = ?, finishedAt = ?, isWithdrawn = 0, removedAt = NULL
            WHERE key = ?
            """, [Job.State.done.rawValue, output, hash, now.timeIntervalSince1970, key])
    }

    /// Notes that the job could not be done, or is set aside. Nothing is noted where it has another state by now.
    func end(
        _ key: String, as state: Job.State, reason: String, from before: Job.State = .running, at now: Date
    ) async throws {
        try await update(
            "state = ?, reason = ?, finishedAt = ?, isBegun = 0 WHERE key = ? AND state = ?",
            [state.rawValue, reason, now.timeIntervalSince1970, key, before.rawValue])
    }

    /// Puts a job that was begun back in its place. An attempt that ended for a reason outside it is not counted,
    /// and the job then goes on before others of its priority. Nothing is done where it does not run any more.
    func putBack(_ key: String, countAttempt: Bool) async throws {
        try await update(
            """
            state = ?, attempts = max(attempts - ?, 0), startedAt = NULL, isBegun = ? WHERE key = ? AND state = ?
            """,
            [
                Job.State.queued.rawValue, countAttempt ? 0 : 1, !countAttempt, key,
                Job.State.running.rawValue,
            ])
    }

    private func update(_ assignments: String, _ values: [(any DatabaseValueConvertible)?]) async throws {
        let arguments = StatementArguments(values)
        try await database.write { db in
            try db.execute(sql: "UPDATE job SET \(assignments)", arguments: arguments)
        }
    }

    // MARK: Step times

    /// What was measured, the oldest first.
    func stepTimes() async throws -> [(kind: StepTimes.Kind, measure: StepTimes.Measure)] {
        try await database.read { db in
            try Row.fetchAll(db, sql: "SELECT kind, measure FROM stepTime ORDER BY id").compactMap { row in
                guard let kind: StepTimes.Kind = try? Self.value(row["kind"]),
                    let measure: StepTimes.Measure = try? Self.value(row["measure"])
                else { return nil }
                return (kind, measure)
            }
        }
    }

    /// Keeps what was measured, and of its kind the last few.
    func remember(_ measure: StepTimes.Measure, of kind: StepTimes.Kind) async throws {
        let (kind, measure) = (try Self.text(kind), try Self.text(measure))
        try await database.write { db in
            try db.execute(
                sql: "INSERT INTO stepTime (kind, measure) VALUES (?, ?)", arguments: [kind, measure])
            try db.execute(
                sql: """
                    DELETE FROM stepTime WHERE kind = ? AND id NOT IN
                    (SELECT id FROM stepTime WHERE kind = ? ORDER BY id DESC LIMIT \(StepTimes.kept))
                    """, arguments: [kind, kind])
        }
    }
}
