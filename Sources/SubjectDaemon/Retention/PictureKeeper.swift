import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle

/// Removes the pictures that the retention rules say, which say nothing unless a person wrote one.
///
/// Only files that the daemon made and nobody touched since: the store knows the path, the name bears the job's, and the
/// bytes are those that were written. A picture that a person moved, as into `keep`, or changed is that person's.
struct PictureKeeper: Service {
    let live: LiveConfiguration
    let store: JobStore
    let monitor: SubjectMonitor
    let files: FileThread
    let counters: RunCounters
    let time: any TimeSource
    let logger: Logger

    private static let interval: Duration = .seconds(24 * 3600)

    /// Once at the start and once a day from then on.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Not before the subjects are known.
            var next = time.now.uptime + .seconds(60)
            while (try? await time.sleep(until: next)) != nil {
                next = time.now.uptime + Self.interval
                do { _ = try await apply(dryRun: false) } catch {
                    logger.warning("old pictures could not be looked for: \(error)")
                }
            }
        }
    }

    /// After a picture was made.
    func tidy(_ subject: String) async {
        guard let rule = await rule(for: subject), !rule.isOff else { return }
        do { _ = try await apply(rule, to: subject, dryRun: false) } catch {
            logger.warning("\(subject): old pictures could not be looked for: \(error)")
        }
    }

    /// Applies the rules to every subject that is there.
    ///
    /// - Returns: the paths of the pictures that are removed, or would be.
    func apply(dryRun: Bool) async throws -> [String] {
        var removed: [String] = []
        for subject in await monitor.presentSubjects.sorted() {
            guard let rule = await rule(for: subject), !rule.isOff else { continue }
            removed += try await apply(rule, to: subject, dryRun: dryRun)
        }
        return removed
    }

    private func rule(for subject: String) async -> RetentionRule? {
        await monitor.retention(of: subject) ?? live.current.retention
    }

    private func apply(_ rule: RetentionRule, to subject: String, dryRun: Bool) async throws -> [String] {
        let made = try await store.pictures(of: subject)
        let folder = OutputFolder(root: live.current.root, subject: subject).path
        let hashes = Dictionary(made.map { ($0.key, $0.hash) }) { first, _ in first }
        let surplus = try await files.run {
            let there = made.compactMap { Self.find($0, in: folder) }
            return Retention.surplus(there, by: rule, at: .now).filter { picture in
                // Read only now, and only those: nothing else of a large folder is.
                (try? FileBytes.sha256(picture.path)) == hashes[picture.key]
            }
        }
        guard !dryRun else { return surplus.map(\.path) }
        for picture in surplus {
            try await store.noteRemoval(of: picture.key, at: .now)
            try await files.run {
                guard unlink(picture.path) == 0 || errno == ENOENT else {
                    throw SystemCallError("unlink", picture.path)
                }
                OutputFolder.removeRecord(of: String(picture.key.prefix(10)), beside: picture.path)
            }
            counters.count { $0.picturesRemoved += 1 }
            logger.notice("\(subject): removed \(picture.path), as the retention rule says")
        }
        return surplus.map(\.path)
    }

    /// The picture's file, if it is where it was written and can be nobody else's.
    private static func find(_ picture: JobStore.MadePicture, in folder: String) -> Retention.Picture? {
        guard picture.hash != nil, let slash = picture.path.lastIndex(of: "/"),
            picture.path[..<slash] == folder[...]
        else { return nil }
        let name = picture.path[picture.path.index(after: slash)...]
        guard name.contains("-\(picture.shortID)-"), name.hasSuffix(".png"),
            let bytes = size(picture.path)
        else { return nil }
        let record = size(OutputFolder.recordPath(picture.path)) ?? 0
        return Retention.Picture(
            key: picture.key, path: picture.path, bytes: bytes + record, madeAt: picture.madeAt)
    }

    private static func size(_ path: String) -> Int64? {
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(facts.st_size)
    }
}
