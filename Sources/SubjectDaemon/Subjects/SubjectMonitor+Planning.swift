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
        let wishes = Set(contents.lines.map(\.options.pictures))
        guard let choices = await choose(wishes, of: name, subject) else { return false }
        do {
            // Photos that came since change nothing about the lines that did not wait for one.
            let waited = try await store.linesThatWait(
                of: prompt.handled, contents.lines, subject: name)
            let lines = contents.lines.filter { waited?.contains($0.number) ?? true }
            let (planned, problems, missed) = JobPlanner.plan(
                // The keys are made with the name that the subject had first: a new name makes nothing twice.
                subject: try await store.origin(of: name), source: file, lines: lines
            ) { choices[$0] ?? PhotoChoice() }
            // Under other settings a line that cannot be read now may be once more.
            let unread = waited?.filter { number in !lines.contains { $0.number == number } } ?? []
            let waiting = missed + unread
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
            let handled = prompt.handled.awaitingPhotos(in: waiting)
            let count = try await store.enqueue(
                jobs, from: handled, subject: name, made: made, goesOn: waited != nil, at: .now)
            try await recallForgotten(name, subject)
            subject.machine.handled(prompt.handled, problems: problems)
            subject.whenMissed[file] = waiting.isEmpty ? nil : circumstances(of: name, subject)
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
            subject.whenMissed[file] = nil
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

    /// A prompt that named photos or masks which were not there is due again once others are, or settings name others.
    func planAgainWhatMissed(_ name: String, _ subject: Subject) {
        guard !subject.whenMissed.isEmpty else { return }
        let now = circumstances(of: name, subject)
        for (file, before) in subject.whenMissed where before != now {
            subject.whenMissed[file] = nil
            subject.machine.forgetHandled(file)
        }
    }

    private func circumstances(of name: String, _ subject: Subject) -> Subject.Circumstances {
        .init(pictures: subject.machine.pictureStates, settings: settingsOfPrompts(of: name))
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
        for photo in subject.machine.soundPictures where photo.contentHash == reference.contentHash {
            guard let fingerprint = photo.fingerprint else { continue }
            subject.machine.judge(photo.name, fingerprint, .rejected(reason), at: time.now)
            find(photo.name, of: name, subject)
        }
        await flush()
    }
}
