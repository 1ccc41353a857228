import Logging

extension SubjectMonitor {
    /// Turns a subject's prompt file into jobs.
    ///
    /// - Returns: false where that has to be tried again.
    func plan(_ file: String, of name: String) async -> Bool {
        guard let subject = subjects[name],
            let prompt = subject.machine.duePrompts.first(where: { $0.file == file }),
            let contents = prompt.contents
        else { return true }
        if findings.folders[name] != nil { await flush() }
        guard let selection = await select(of: name, subject) else { return false }
        do {
            let jobs = try await jobs(contents, in: file, of: name, selection)
            let folder = OutputFolder(root: configuration.root, subject: name)
            let made = try await files.run {
                let names = folder.names()
                return jobs.reduce(into: [String: String]()) { made, job in
                    made[job.shortID] = names.isEmpty ? nil : folder.picture(of: job, among: names)
                }
            }
            let count = try await store.enqueue(
                jobs, from: prompt.handled, subject: name, made: made, at: .now)
            subject.machine.handled(prompt.handled)
            try await recallHandled(name, subject)
            if count > 0 {
                logger.notice(
                    "\(name): \(count) new in the queue, with \(selection.used.count) of its photos")
                work.raise()
            }
            return true
        } catch {
            logger.error("\(name): \(file) could not be put into the queue (\(error)); tried again soon")
            return false
        }
    }

    /// Takes back what waits and was asked for by a prompt file that went, or that asks for nothing any more.
    ///
    /// - Returns: false where that has to be tried again.
    func withdraw(_ file: String, of name: String) async -> Bool {
        guard let subject = subjects[name] else { return true }
        do {
            try await store.withdraw(file, of: name, at: .now)
            subject.machine.remember(handled: try await store.remembered(of: [name])[name]?.prompts ?? [])
            logger.notice("\(name): \(file) asks for nothing any more; what waited for its turn is taken back")
            return true
        } catch {
            logger.error("\(name): the job store does not take a change: \(error)")
            return false
        }
    }

    /// What one prompt file does not ask for any more another may.
    private func recallHandled(_ name: String, _ subject: Subject) async throws {
        guard subject.machine.hasSeveralPrompts else { return }
        subject.machine.remember(handled: try await store.remembered(of: [name])[name]?.prompts ?? [])
    }

    /// The keys are made with the name that the subject had first: a new name makes nothing twice.
    private func jobs(
        _ contents: PromptContents, in file: String, of name: String, _ selection: PhotoSelection
    ) async throws -> [PlannedJob] {
        var jobs = JobPlanner.jobs(
            subject: try await store.origin(of: name), lines: contents.lines, references: selection.used)
        for index in jobs.indices {
            jobs[index].subject = name
            jobs[index].source = file
        }
        return jobs
    }

    /// The photos to use, by content. Reads those whose content is not known yet.
    ///
    /// - Returns: nil where a photo changed while it was read.
    private func select(of name: String, _ subject: Subject) async -> PhotoSelection? {
        var selection = PhotoSelection()
        let root = configuration.root
        for photo in subject.machine.usablePhotos {
            if selection.isFull {
                selection.offer(photo.name, contentHash: "")
            } else if let hash = photo.contentHash {
                selection.offer(photo.name, contentHash: hash)
            } else if let fingerprint = photo.fingerprint {
                let hash = try? await files.run {
                    try PhotoHash.of(photo.name, fingerprint, subject: name, root: root)
                }
                guard let hash else { return nil }
                selection.offer(photo.name, contentHash: hash)
                subject.machine.know(photo.name, fingerprint, contentHash: hash)
                find(photo.name, of: name, subject)
            }
        }
        return selection
    }

    /// Has the subject's prompts be turned into jobs again, with the photos that are there now.
    func replan(_ name: String) async {
        do {
            try await store.forgetHandledPrompts(of: name)
            subjects[name]?.machine.forgetHandled()
        } catch {
            logger.error("\(name): the job store does not take a change: \(error)")
        }
    }

    /// The engine refused a photo: it is not used until it changes.
    func reject(_ reference: PictureRequest.Reference, of name: String, reason: String) async {
        guard let subject = subjects[name] else { return }
        for photo in subject.machine.usablePhotos where photo.contentHash == reference.contentHash {
            guard let fingerprint = photo.fingerprint else { continue }
            subject.machine.judge(photo.name, fingerprint, .rejected(reason), at: time.now)
            find(photo.name, of: name, subject)
        }
        await flush()
    }
}
