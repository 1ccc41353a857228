import ControlAPI
import FoundationEssentials
import GRDB

/// What a person does to jobs.
extension JobStore {
    /// Takes jobs back.
    ///
    /// - Returns: those that were not ended yet, as they stand then.
    func cancel(_ keys: [String], reason: String, at now: Date) async throws -> [Job] {
        try await change(
            keys, "state = ?, reason = ?, finishedAt = ?, isBegun = 0, isWithdrawn = 0",
            [Job.State.cancelled.rawValue, reason, now.timeIntervalSince1970],
            from: [.queued, .running, .held])
    }

    /// Puts jobs that ended without a picture at the queue's end.
    ///
    /// - Returns: those that were, as they stand then.
    func retry(_ keys: [String]) async throws -> [Job] {
        try await database.write { db in
            try keys.compactMap { key in
                let states: [Job.State] = [.failed, .held, .cancelled]
                guard states.contains(try Job.find(key, db).state) else { return nil }
                try Self.requeue(key, db)
                return try Job.find(key, db)
            }
        }
    }

    /// Gives jobs that wait another priority, and with it back their places by turn.
    func prioritize(_ keys: [String], _ priority: Int) async throws -> [Job] {
        try await change(
            keys, "priority = ?, place = 0, placeBefore = NULL", [priority], from: [.queued])
    }

    private func change(
        _ keys: [String], _ assignments: String, _ values: [(any DatabaseValueConvertible)?],
        from states: [Job.State]
    ) async throws -> [Job] {
        let marks = states.map { _ in "?" }.joined(separator: ", ")
        let set = values.map { $0?.databaseValue ?? .null }
        return try await database.write { db in
            let statement = try db.cachedStatement(
                sql: "UPDATE job SET \(assignments) WHERE key = ? AND state IN (\(marks))")
            return try keys.compactMap { key in
                try statement.execute(
                    arguments: StatementArguments(set + ([key] + states.map(\.rawValue)).map(\.databaseValue))
                )
                return db.changesCount == 1 ? try Job.find(key, db) : nil
            }
        }
    }

    /// Puts a job that waits somewhere else. Jobs that were put just before it stay where they are.
    ///
    /// - Parameter before: the key of the job to put it before, for ``QueuePlace/before(_:)``.
    /// - Returns: whether it waits still, and so does the one that it was put before.
    func move(_ key: String, to place: QueuePlace, before: String? = nil) async throws -> Bool {
        try await database.write { db in
            let order = try QueueLine.read(db)
            guard let index = order.firstIndex(where: { $0.key == key }) else { return false }
            let follower = index + 1 < order.count ? order[index + 1].key : nil
            func set(_ assignments: String, _ values: [(any DatabaseValueConvertible)?]) throws {
                try db.execute(
                    sql: "UPDATE job SET \(assignments)", arguments: StatementArguments(values))
            }
            switch place {
            case .before:
                guard let before, before != key, order.contains(where: { $0.key == before }) else {
                    return false
                }
                try set("placeBefore = ? WHERE placeBefore = ?", [follower, key])
                // What was put before that one stands before the newcomer now.
                try set("placeBefore = ? WHERE placeBefore = ?", [key, before])
                try set("place = 0, placeBefore = ? WHERE key = ?", [before, key])
            case .first:
                try set("placeBefore = ? WHERE placeBefore = ?", [follower, key])
                let least = order.map(\.place).min() ?? 0
                try set("place = ?, placeBefore = NULL WHERE key = ?", [min(least, 0) - 1, key])
            case .last:
                try set("placeBefore = ? WHERE placeBefore = ?", [follower, key])
                let greatest = order.map(\.place).max() ?? 0
                try set("place = ?, placeBefore = NULL WHERE key = ?", [max(greatest, 0) + 1, key])
            }
            return true
        }
    }

    /// Adds a job that makes a picture once more. Its key holds how often that was asked for.
    ///
    /// - Returns: the new job.
    func addRepeat(of job: Job, newSeed: Bool, at now: Date) async throws -> Job {
        try await database.write { db in
            let origin = job.plan.repeats ?? job.plan.key
            let made = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM job WHERE repeats = ?", arguments: [origin])
            let plan = JobPlanner.again(job.plan, origin: origin, copy: (made ?? 0) + 2, newSeed: newSeed)
            try Self.insert(plan, made: nil, at: now, db)
            return try Job.find(plan.key, db)
        }
    }

    // MARK: Pictures that were made

    /// A picture that was made, as the store knows it.
    struct MadePicture: Sendable, Equatable {
        var key: String
        var path: String
        /// The SHA-256 of its file when it was written.
        var hash: String?
        var madeAt: Date

        var shortID: String { String(key.prefix(10)) }
    }

    /// The pictures of the subject that were made.
    func pictures(of subject: String) async throws -> [MadePicture] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT key, output, outputHash, finishedAt FROM job
                    WHERE subject = ? AND state = ? AND output IS NOT NULL
                    """, arguments: [subject, Job.State.done.rawValue]
            ).map { row in
                MadePicture(
                    key: row["key"], path: row["output"], hash: row["outputHash"],
                    madeAt: Date(timeIntervalSince1970: (row["finishedAt"] as Double?) ?? 0))
            }
        }
    }

    /// Notes that the picture is about to be removed. Its job stays done.
    func noteRemoval(of key: String, at now: Date) async throws {
        try await database.write { db in
            try db.execute(
                sql: "UPDATE job SET removedAt = ? WHERE key = ?",
                arguments: [now.timeIntervalSince1970, key])
        }
    }
}
