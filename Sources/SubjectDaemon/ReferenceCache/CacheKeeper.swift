import ControlAPI

/// What a person may do with the encoded photos.
struct CacheKeeper: Sendable {
    let cache: ReferenceCache
    let monitor: SubjectMonitor
    let session: EngineSession
    let files: FileThread

    /// What is kept.
    func list() async throws -> CacheReport {
        try await report(subjects: await subjectsByPhoto())
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
        let isChosen = { @Sendable (key: ReferenceKey?) -> Bool in
            if let subject = selection.subject {
                guard let hash = key?.contentHash, subjects[hash]?.contains(subject) == true else {
                    return false
                }
            }
            return !selection.otherModels || key?.modelHash != present
        }
        let removed = try await files.run { [cache] in
            cache.remove(cache.keysValues().filter { isChosen($0.key) })
            return cache.remove(cache.entries().filter { isChosen($0.key) }.map(\.name))
        }
        return try await report(subjects: subjects, removed: removed)
    }

    /// Reads everything and drops what is damaged.
    func verify() async throws -> CacheReport {
        var damaged: [String] = []
        // One file at a time: what the queue needs of the disk comes in between.
        for entry in try await files.run({ [cache] in cache.entries() }) {
            let isSound = try await files.run { [cache] in cache.verify(entry) }
            if !isSound { damaged.append(entry.name) }
        }
        for file in try await files.run({ [cache] in cache.keysValues() }) {
            let isSound = try await files.run { [cache] in cache.verify(file) }
            if !isSound { damaged.append(file.name) }
        }
        return try await report(
            subjects: await subjectsByPhoto(), removed: damaged.count, damaged: damaged)
    }

    private func subjectsByPhoto() async -> [String: [String]] {
        var subjects: [String: Set<String>] = [:]
        for (subject, photos) in await monitor.photoHashes {
            for hash in photos.values { subjects[hash, default: []].insert(subject) }
        }
        return subjects.mapValues { $0.sorted() }
    }

    private func report(
        subjects: [String: [String]], removed: Int = 0, damaged: [String] = []
    ) async throws -> CacheReport {
        let (entries, others) = try await files.run { [cache] in (cache.entries(), cache.keysValues()) }
        func line(_ key: ReferenceKey?, name: String, bytes: Int64, keysValues: Int64?) -> CacheReport.Entry {
            CacheReport.Entry(
                photoHash: key?.contentHash ?? "unreadable: \(name)",
                subjects: key.flatMap { subjects[$0.contentHash] } ?? [], modelHash: key?.modelHash ?? "",
                width: key?.width ?? 0, height: key?.height ?? 0, bytes: bytes, keysValuesBytes: keysValues)
        }
        // A photo's keys and values stand in its line: one file in mode cached, one for each step in mode matched.
        var ofPhoto: [ReferenceKey: Int64] = [:]
        var lines: [CacheReport.Entry] = []
        for file in others {
            if let key = file.key {
                ofPhoto[key, default: 0] += file.bytes
            } else {
                lines.append(line(nil, name: file.name, bytes: file.bytes, keysValues: nil))
            }
        }
        lines += entries.map { entry in
            line(
                entry.key, name: entry.name, bytes: entry.bytes,
                keysValues: entry.key.flatMap { ofPhoto.removeValue(forKey: $0) })
        }
        lines += ofPhoto.sorted { $0.key.contentHash < $1.key.contentHash }
            .map { line($0.key, name: "", bytes: 0, keysValues: $0.value) }
        return CacheReport(
            folder: cache.folder, presentModelHash: session.status.modelHash, entries: lines,
            removed: removed, damaged: damaged)
    }
}
