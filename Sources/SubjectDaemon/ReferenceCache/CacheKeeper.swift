import ControlAPI

/// What a person may do with the encoded photos.
struct CacheKeeper: Sendable {
    let cache: ReferenceCache
    let monitor: SubjectMonitor
    let session: EngineSession
    let files: FileThread

    /// What is kept.
    func list() async throws -> CacheReport {
        report(try await entries(), subjects: await subjectsByPhoto())
    }

    /// Removes what is selected. A picture under way keeps what it has read.
    func clear(_ selection: CacheSelection) async throws -> CacheReport {
        let subjects = await subjectsByPhoto()
        if let subject = selection.subject, await monitor.photoHashes[subject] == nil {
            throw ControlFailure(
                .refused, "there is no subject '\(subject.prefix(80))' whose photos could be forgotten.")
        }
        let present = session.status.modelHash
        if selection.otherModels, present == nil {
            throw ControlFailure(
                .refused, "jedid has no model yet, so it cannot tell which photos are of others.")
        }
        let chosen = try await entries().filter { entry in
            if let subject = selection.subject {
                guard let hash = entry.key?.contentHash, subjects[hash]?.contains(subject) == true else {
                    return false
                }
            }
            return !selection.otherModels || entry.key?.modelHash != present
        }
        let removed = try await files.run { [cache] in cache.remove(chosen.map(\.name)) }
        return report(try await entries(), subjects: subjects, removed: removed)
    }

    /// Reads everything and drops what is damaged.
    func verify() async throws -> CacheReport {
        var damaged: [String] = []
        // One file at a time: what the queue needs of the disk comes in between.
        for entry in try await entries() {
            let isSound = try await files.run { [cache] in cache.verify(entry) }
            if !isSound { damaged.append(entry.name) }
        }
        return report(
            try await entries(), subjects: await subjectsByPhoto(), removed: damaged.count, damaged: damaged)
    }

    private func entries() async throws -> [ReferenceCache.Entry] {
        try await files.run { [cache] in cache.entries() }
    }

    private func subjectsByPhoto() async -> [String: [String]] {
        var subjects: [String: Set<String>] = [:]
        for (subject, photos) in await monitor.photoHashes {
            for hash in photos.values { subjects[hash, default: []].insert(subject) }
        }
        return subjects.mapValues { $0.sorted() }
    }

    private func report(
        _ entries: [ReferenceCache.Entry], subjects: [String: [String]], removed: Int = 0,
        damaged: [String] = []
    ) -> CacheReport {
        CacheReport(
            folder: cache.folder, presentModelHash: session.status.modelHash,
            entries: entries.map { entry in
                CacheReport.Entry(
                    photoHash: entry.key?.contentHash ?? "unreadable: \(entry.name)",
                    subjects: entry.key.flatMap { subjects[$0.contentHash] } ?? [],
                    modelHash: entry.key?.modelHash ?? "", width: entry.key?.width ?? 0,
                    height: entry.key?.height ?? 0, bytes: entry.bytes)
            }, removed: removed, damaged: damaged)
    }
}
