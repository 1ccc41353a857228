import Foundation
import GRDB
import Images

/// What is counted once everything has come to rest.
public struct Census: Sendable, Equatable {
    /// Pictures that were asked for, are not there, and of which the queue does not say why.
    public var jobsLost: [String] = []
    /// Pictures that are there more often than they were asked for.
    public var doneTwice: [String] = []
    /// Files of the owner that are gone or different.
    public var filesChanged: [String] = []
    /// Pictures that do not decode, temporary files, and files in a subject that nobody can account for.
    public var partialOutputs: [String] = []
    /// Daemons that ended though nobody ended them.
    public var daemonDeaths: [String] = []
    /// Pictures that are there.
    public var made = 0
    /// Jobs without a picture of which the queue says why, with its reason.
    public var told: [String] = []

    public init() {}

    /// Whether nothing of it is a fault.
    public var isClean: Bool {
        [jobsLost, doneTwice, filesChanged, partialOutputs, daemonDeaths].allSatisfy(\.isEmpty)
    }

    public static func + (left: Census, right: Census) -> Census {
        var sum = left
        sum.jobsLost += right.jobsLost
        sum.doneTwice += right.doneTwice
        sum.filesChanged += right.filesChanged
        sum.partialOutputs += right.partialOutputs
        sum.daemonDeaths += right.daemonDeaths
        sum.made += right.made
        sum.told += right.told
        return sum
    }

    /// Counts from the disk alone: the folders and the queue's own file.
    /// - Parameter store: the queue's file; nil where the queue's word is not asked for.
    public static func take(of world: World, store: String?) throws -> Census {
        var census = Census()
        census.filesChanged = world.changedFiles()
        let told = try store.map(jobsTold) ?? [:]
        for subject in world.wishes.keys.sorted() {
            let prompts = world.expected(of: subject)
            let pictures = census.count(subject, in: world)
            var asked: [String: Int] = [:]
            for prompt in prompts { asked[prompt, default: 0] += 1 }
            for (prompt, count) in asked.sorted(by: { $0.key < $1.key }) {
                let name = "\(subject): \(prompt)"
                let there = pictures[prompt] ?? 0
                if there > count { census.doneTwice.append("\(name): \(there) pictures for \(count)") }
                let reasons = told[name] ?? []
                // One that was taken back may have made room for another that is there.
                if there < count { census.told += reasons.map { "\(name): \($0)" } }
                if there + reasons.count < count { census.jobsLost.append("\(name): \(there) of \(count)") }
            }
        }
        return census
    }

    /// How many pictures of each prompt the subject has. What is no picture is noted.
    private mutating func count(_ subject: String, in world: World) -> [String: Int] {
        var pictures: [String: Int] = [:]
        for name in Self.names(world.path(subject)) {
            let isNote = name.hasSuffix(".error.txt")
            if name == "output" || isNote || world.isOwners("\(subject)/\(name)") { continue }
            partialOutputs.append("\(subject)/\(name): it is nobody's")
        }
        let output = world.path(subject) + "/output"
        for name in Self.names(output) {
            if world.isOwners("\(subject)/output/\(name)") { continue }
            let path = output + "/" + name
            if name.hasPrefix(".") || name.hasSuffix(".part") {
                partialOutputs.append("\(subject)/output/\(name)")
            } else if name.hasSuffix(".json") {
                let text = FileManager.default.contents(atPath: path) ?? Data()
                if (try? JSONSerialization.jsonObject(with: text)) == nil {
                    partialOutputs.append("\(subject)/output/\(name): no JSON")
                }
            } else if name.hasSuffix(".png") {
                do {
                    var limits = ImageLimits.default
                    limits.minimumSide = 1
                    _ = try PhotoDecoder.decode(contentsOf: path, limits: limits)
                } catch { partialOutputs.append("\(subject)/output/\(name): \(error)") }
                made += 1
                let text = (try? PNGTextReader.read(contentsOf: path))?.first { $0.keyword == "parameters" }
                let prompt = text?.text.split(separator: "\n").first.map(String.init) ?? ""
                pictures[prompt, default: 0] += 1
            }
        }
        return pictures
    }

    /// Jobs that ended without a picture and say why, by subject and prompt.
    private static func jobsTold(_ store: String) throws -> [String: [String]] {
        var configuration = Configuration()
        configuration.readonly = true
        let database = try DatabaseQueue(path: store, configuration: configuration)
        return try database.read { db in
            var told: [String: [String]] = [:]
            let rows = try Row.fetchCursor(
                db,
                sql:
                    "SELECT subject, prompt, state, reason FROM job WHERE state IN ('held', 'failed', 'cancelled')"
            )
            while let row = try rows.next() {
                guard let reason = row["reason"] as String? else { continue }
                told["\(row["subject"] as String): \(row["prompt"] as String)", default: []]
                    .append("\(row["state"] as String), \(reason)")
            }
            return told
        }
    }

    private static func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
}
