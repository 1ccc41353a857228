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
        guard let photos = await choosePhotos(for: contents.lines, of: name, subject) else { return false }
        do {
            // Photos that came since change nothing about the lines that did not wait for one.
            let goesOn = try await store.awaitsPhotos(prompt.handled, of: name)
            let lines = contents.lines.filter { !goesOn || $0.options.photos != nil }
            let (planned, problems) = JobPlanner.plan(
                // The keys are made with the name that the subject had first: a new name makes nothing twice.
                subject: try await store.origin(of: name), source: file, lines: lines
            ) { photos[$0] ?? PhotoChoice() }
            let jobs = planned.map { job in
                var job = job
                job.subject = name
                return job
            }
            let folder = OutputFolder(root: configuration.root, subject: name)
            let made = try await files.run {
                let names = folder.names()
                return jobs.reduce(into: [String: String]()) { made, job in
                    made[job.shortID] = names.isEmpty ? nil : folder.picture(of: job, among: names)
                }
            }
            let handled = problems.isEmpty ? prompt.handled : prompt.handled.awaitingPhotos
            let count = try await store.enqueue(
                jobs, from: handled, subject: name, made: made, goesOn: goesOn, at: .now)
            try await recallForgotten(name, subject)
            subject.machine.handled(prompt.handled, problems: problems)
            subject.photosWhenMissed[file] = problems.isEmpty ? nil : subject.machine.usablePhotos.map(\.name)
            if count > 0 {
                let used = Set(jobs.flatMap(\.references)).count
                logger.notice("\(name): \(count) new in the queue, with \(used) of its photos")
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
            subject.machine.withdrawn(file)
            subject.photosWhenMissed[file] = nil
            try await recallForgotten(name, subject)
            logger.notice(
                "\(name): \(file) asks for nothing any more; what waited for its turn is taken back")
            return true
        } catch {
            logger.error("\(name): the job store does not take a change: \(error)")
            return false
        }
    }

    /// What one prompt file does not ask for any more another may.
    private func recallForgotten(_ name: String, _ subject: Subject) async throws {
        guard subject.machine.hasSeveralPrompts else { return }
        for prompt in try await store.remembered(of: [name])[name]?.prompts ?? []
        where prompt.modified == HandledPrompt.forgotten && !prompt.isWithdrawn {
            subject.machine.forgetHandled(prompt.file)
        }
    }

    /// A prompt that named photos which were not there is due again once others are.
    func planAgainIfPhotosCame(_ subject: Subject) {
        guard !subject.photosWhenMissed.isEmpty else { return }
        let names = subject.machine.usablePhotos.map(\.name)
        for (file, before) in subject.photosWhenMissed where before != names {
            subject.photosWhenMissed[file] = nil
            subject.machine.forgetHandled(file)
        }
    }

    /// What comes of each list of photos that the lines name; under nil the subject's first ones.
    ///
    /// - Returns: nil where a photo changed while it was read.
    private func choosePhotos(
        for lines: [PromptLine], of name: String, _ subject: Subject
    ) async -> [[String]?: PhotoChoice]? {
        let names = subject.machine.usablePhotos.map(\.name)
        var choices: [[String]?: PhotoChoice] = [:]
        for patterns in Set(lines.map(\.options.photos)) {
            let (wanted, missing) = patterns.map { PhotoPatterns.find($0, among: names) } ?? (names, [])
            guard missing.isEmpty else {
                choices[patterns] = PhotoChoice(
                    problem: PhotoPatterns.problem(missing: missing, among: names))
                continue
            }
            guard let selection = await select(wanted, of: name, subject) else { return nil }
            choices[patterns] = PhotoChoice(references: selection.used)
        }
        return choices
    }

    /// The photos to use, by content. Reads those whose content is not known yet.
    ///
    /// - Returns: nil where a photo changed while it was read.
    private func select(_ photos: [String], of name: String, _ subject: Subject) async -> PhotoSelection? {
        var selection = PhotoSelection()
        let root = configuration.root
        for photo in photos {
            if selection.isFull {
                selection.offer(photo, contentHash: "")
                continue
            }
            guard let file = subject.machine.file(photo), let fingerprint = file.fingerprint else {
                return nil
            }
            if let hash = file.contentHash {
                selection.offer(photo, contentHash: hash)
                continue
            }
            let hash = try? await files.run {
                try PhotoHash.of(photo, fingerprint, subject: name, root: root)
            }
            guard let hash else { return nil }
            selection.offer(photo, contentHash: hash)
            subject.machine.know(photo, fingerprint, contentHash: hash)
            find(photo, of: name, subject)
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
