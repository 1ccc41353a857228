import ControlAPI
import FoundationEssentials
import GRDB

extension JobStore {
    /// The jobs in that state, in the order in which they were asked for, or those that ended last first.
    func jobs(
        in states: [Job.State], subject: String? = nil, limit: Int, latestFirst: Bool = false
    ) async throws -> [Job] {
        let marks = states.map { _ in "?" }.joined(separator: ", ")
        let order = latestFirst ? "finishedAt DESC, position DESC" : "position"
        let ofSubject = subject == nil ? "" : " AND subject = ?"
        let values =
            states.map(\.rawValue.databaseValue) + (subject.map { [$0.databaseValue] } ?? [])
            + [limit.databaseValue]
        return try await database.read { db in
            try Job.fetch(
                db, "WHERE state IN (\(marks))\(ofSubject) ORDER BY \(order) LIMIT ?", values)
        }
    }

    /// The first jobs that wait in their true order, each with its place from 1.
    func waiting(subject: String? = nil, limit: Int) async throws -> [(job: Job, position: Int)] {
        let places = try await order().enumerated().lazy
            .filter { subject == nil || $1.subject == subject }.prefix(limit)
            .map { (key: $1.key, position: $0 + 1) }
        let jobs = try await jobs(keys: places.map(\.key))
        return places.compactMap { place in jobs[place.key].map { ($0, place.position) } }
    }

    /// The jobs of these keys, by key.
    func jobs(keys: [String]) async throws -> [String: Job] {
        try await database.read { db in
            var jobs: [String: Job] = [:]
            for key in keys {
                if let job = try Job.fetch(db, "WHERE key = ?", [key]).first { jobs[key] = job }
            }
            return jobs
        }
    }

    /// The jobs whose keys begin so, at most eleven: more than ten are as good as any.
    func jobs(beginning prefix: String) async throws -> [Job] {
        // Keys are hexadecimal: what follows the last of them that begins so begins with g.
        try await database.read { db in
            try Job.fetch(
                db, "WHERE key >= ? AND key < ? ORDER BY position DESC LIMIT 11", [prefix, prefix + "g"])
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

    /// How many jobs are in each state.
    func totals() async throws -> [Job.State: Int] {
        try await database.read { db in
            var counts: [Job.State: Int] = [:]
            let rows = try Row.fetchCursor(db, sql: "SELECT state, count(*) AS n FROM job GROUP BY state")
            while let row = try rows.next() {
                if let state = Job.State(rawValue: row["state"]) { counts[state] = row["n"] }
            }
            return counts
        }
    }
}
