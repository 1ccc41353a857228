import ControlAPI
import Logging

extension SubjectMonitor {
    /// Looks at a subject's folder and does what follows from it.
    ///
    /// - Returns: how many files came, changed or went.
    @discardableResult
    func look(at name: String, movedIn: Set<String>) async -> Int {
        guard subjects[name] != nil else { return 0 }
        subjects[name]?.lookAt = nil
        if subjects[name]?.backend == .polling {
            subjects[name]?.pollAt = time.now.uptime + configuration.pollInterval
        }
        let root = configuration.root
        let listing: FolderListing
        do {
            listing = try await files.run { try FolderScanner.files(of: name, root: root) }
        } catch {
            let problem = "its folder cannot be read: \((error as? SystemCallError)?.reason ?? "\(error)")"
            if subjects[name]?.problem != problem { logger.error("\(name): \(problem)") }
            subjects[name]?.problem = problem
            return 0
        }
        subjects[name]?.problem = nil
        let changes = takeIn(listing, of: name, movedIn: movedIn)
        await act(on: name)
        return changes
    }

    private func takeIn(_ listing: FolderListing, of name: String, movedIn: Set<String>) -> Int {
        guard var subject = subjects[name] else { return 0 }
        let now = time.now
        let changes = subject.machine.observe(
            listing, movedIn: movedIn, trustTimes: subject.trustTimes, at: now)
        for (file, photo) in subject.photos {
            guard case .file(photo.fingerprint)? = listing.files[file] else { continue }
            subject.machine.judge(file, photo.fingerprint, photo.verdict, at: now)
        }
        subject.photos = subject.photos.filter { listing.files[$0.key] != nil }
        subjects[name] = subject
        return changes
    }

    /// Does what the subject's machine says until it says nothing more.
    private func act(on name: String) async {
        // Looks lead to verdicts, verdicts to messages and jobs: three rounds at most, the rest is caution.
        for _ in 0..<6 {
            planAgainIfPhotosCame(name)
            guard let (actions, again) = subjects[name]?.machine.next(at: time.now) else { return }
            subjects[name]?.lookAt = again
            if actions.isEmpty { return }
            let probes = actions.compactMap { action -> (String, FileFingerprint)? in
                if case .probe(let file, let fingerprint) = action { (file, fingerprint) } else { nil }
            }
            if !probes.isEmpty { await probeAll(probes, of: name) }
            for action in actions {
                switch action {
                case .probe: break
                case .readPrompt(let fingerprint): await readPrompt(of: name, fingerprint)
                case .notePhotos(let rejected): await notePhotos(rejected, of: name)
                case .notePrompt(let problems): await notePrompt(problems, of: name)
                case .plan:
                    guard await plan(name) else {
                        subjects[name]?.lookAt = time.now.uptime + configuration.retryInterval
                        return
                    }
                }
            }
        }
    }

    // MARK: Photos and the prompt

    private func probeAll(_ photos: [(String, FileFingerprint)], of name: String) async {
        let (root, probe) = (configuration.root, probe)
        let verdicts = try? await files.run {
            photos.map { file, _ in
                FolderScanner.resolve(file, of: name, root: root).map(probe.probe) ?? PhotoVerdict.incomplete
            }
        }
        guard let verdicts else { return }
        let now = time.now
        var found: [String: KnownPhoto] = [:]
        for ((file, fingerprint), verdict) in zip(photos, verdicts) {
            subjects[name]?.machine.judge(file, fingerprint, verdict, at: now)
            if verdict != .incomplete { found[file] = KnownPhoto(fingerprint: fingerprint, verdict: verdict) }
        }
        await remember(found, of: name)
    }

    private func remember(_ photos: [String: KnownPhoto], of name: String) async {
        guard !photos.isEmpty else { return }
        subjects[name]?.photos.merge(photos) { $1 }
        do { try await store.remember(photos, of: name) } catch {
            logger.warning(
                "\(name): the job store does not take what was found out about its photos: \(error)")
        }
    }

    private func readPrompt(of name: String, _ fingerprint: FileFingerprint) async {
        let (root, defaults) = (configuration.root, configuration.defaults)
        let contents: PromptContents
        do {
            contents = try await files.run { () throws -> PromptContents in
                guard let path = FolderScanner.resolve(FileRules.promptName, of: name, root: root) else {
                    throw SystemCallError("open", FileRules.promptName, 2)
                }
                guard let bytes = try FileBytes.read(path, limit: PromptFile.maximumBytes) else {
                    return PromptFile.tooLong(size: fingerprint.size)
                }
                return PromptFile.parse(bytes, defaults: defaults)
            }
        } catch {
            guard let error = error as? SystemCallError, !error.isMissing else { return }
            contents = PromptContents(contentHash: "", problems: ["It cannot be read: \(error.reason)."])
        }
        subjects[name]?.machine.read(contents, fingerprint)
    }

    // MARK: Messages

    private func notePhotos(_ rejected: [SubjectMachine.RejectedPhoto], of name: String) async {
        subjects[name]?.machine.noted(photos: rejected)
        for photo in rejected { logger.warning("\(name)/\(photo.name) is not used: \(photo.reason)") }
        let lines =
            rejected.isEmpty
            ? [] : ["These photos cannot be used:", ""] + rejected.map { "\($0.name): \($0.reason)." }
        await write(lines, to: FileRules.photosNoteName, of: name)
    }

    private func notePrompt(_ problems: [String], of name: String) async {
        subjects[name]?.machine.noted(prompt: problems)
        for problem in problems { logger.warning("\(name)/\(FileRules.promptName): \(problem)") }
        let lines =
            problems.isEmpty ? [] : ["\(FileRules.promptName) cannot be followed in all:", ""] + problems
        await write(lines, to: FileRules.promptNoteName, of: name)
    }

    private func write(_ lines: [String], to file: String, of name: String) async {
        let path = subjectPath(name) + "/" + file
        do {
            try await files.run {
                if lines.isEmpty {
                    try MessageFile.remove(path)
                } else {
                    try MessageFile.write(lines, to: path)
                }
            }
        } catch {
            logger.warning("the message in \(path) could not be brought up to date: \(error)")
        }
    }

    // MARK: Jobs

    /// Turns the subject's prompt into jobs.
    ///
    /// - Returns: false where that has to be tried again.
    private func plan(_ name: String) async -> Bool {
        guard let machine = subjects[name]?.machine, let contents = machine.promptContents,
            let prompt = machine.promptToHandle
        else { return false }
        guard let photos = await choosePhotos(for: contents.lines, from: machine.usablePhotos, of: name)
        else { return false }
        let folder = OutputFolder(root: configuration.root, subject: name)
        do {
            // Photos that came since change nothing about the lines that did not wait for one.
            let goesOn = try await store.awaitsPhotos(prompt, of: name)
            let lines = contents.lines.filter { !goesOn || $0.options.photos != nil }
            let (jobs, problems) = JobPlanner.plan(
                subject: name, source: FileRules.promptName, lines: lines
            ) { photos[$0] ?? PhotoChoice() }
            let made = try await files.run {
                let names = folder.names()
                return jobs.reduce(into: [String: String]()) { made, job in
                    made[job.shortID] = names.isEmpty ? nil : folder.picture(of: job, among: names)
                }
            }
            let count = try await store.enqueue(
                jobs, from: problems.isEmpty ? prompt : prompt.awaitingPhotos, subject: name, made: made,
                goesOn: goesOn, at: .now)
            subjects[name]?.machine.handled(prompt, problems: problems)
            subjects[name]?.photosWhenMissed = problems.isEmpty ? nil : machine.usablePhotos.map(\.name)
            if count > 0 {
                let used = Set(jobs.flatMap(\.references)).count
                logger.notice("\(name): \(count) new in the queue, with \(used) of its photos")
                work.raise()
            }
            return true
        } catch {
            logger.error("\(name): its prompt could not be put into the queue (\(error)); tried again soon")
            return false
        }
    }

    /// A prompt that named photos which were not there is due again once others are.
    private func planAgainIfPhotosCame(_ name: String) {
        guard let subject = subjects[name], let before = subject.photosWhenMissed,
            before != subject.machine.usablePhotos.map(\.name)
        else { return }
        subjects[name]?.photosWhenMissed = nil
        subjects[name]?.machine.handled(nil)
    }

    /// What comes of each list of photos that the lines name; under nil the subject's first ones.
    ///
    /// - Returns: nil where a photo changed while it was read.
    private func choosePhotos(
        for lines: [PromptLine], from photos: [(name: String, fingerprint: FileFingerprint)], of name: String
    ) async -> [[String]?: PhotoChoice]? {
        let fingerprints = Dictionary(uniqueKeysWithValues: photos.map { ($0.name, $0.fingerprint) })
        let names = photos.map(\.name)
        var choices: [[String]?: PhotoChoice] = [:]
        for patterns in Set(lines.map(\.options.photos)) {
            let (wanted, missing) = patterns.map { PhotoPatterns.find($0, among: names) } ?? (names, [])
            guard missing.isEmpty else {
                choices[patterns] = PhotoChoice(
                    problem: PhotoPatterns.problem(missing: missing, among: names))
                continue
            }
            let files = wanted.compactMap { file in fingerprints[file].map { (name: file, fingerprint: $0) } }
            guard let selection = await select(files, of: name) else { return nil }
            choices[patterns] = PhotoChoice(references: selection.used)
        }
        return choices
    }

    /// The photos to use, by content. Reads those whose content is not known yet.
    ///
    /// - Returns: nil where a photo changed while it was read.
    private func select(
        _ photos: [(name: String, fingerprint: FileFingerprint)], of name: String
    ) async -> PhotoSelection? {
        var selection = PhotoSelection()
        var found: [String: KnownPhoto] = [:]
        let root = configuration.root
        for photo in photos {
            let known = subjects[name]?.photos[photo.name]
            if selection.isFull {
                selection.offer(photo.name, contentHash: "")
            } else if let known, known.fingerprint == photo.fingerprint, let hash = known.contentHash {
                selection.offer(photo.name, contentHash: hash)
            } else {
                let hash = try? await files.run {
                    try PhotoHash.of(photo.name, photo.fingerprint, subject: name, root: root)
                }
                guard let hash else { return nil }
                selection.offer(photo.name, contentHash: hash)
                found[photo.name] = KnownPhoto(
                    fingerprint: photo.fingerprint, verdict: known?.verdict ?? .usable(width: 0, height: 0),
                    contentHash: hash)
            }
        }
        await remember(found, of: name)
        return selection
    }

    /// Has the subject's prompt be turned into jobs again, with the photos that are there now.
    func replan(_ name: String) async {
        do {
            try await store.forgetHandledPrompt(of: name)
            subjects[name]?.machine.handled(nil)
        } catch {
            logger.error("\(name): the job store does not take a change: \(error)")
        }
    }

    /// The engine refused a photo: it is not used until it changes.
    func reject(_ reference: PictureRequest.Reference, of name: String, reason: String) async {
        guard let subject = subjects[name] else { return }
        var found: [String: KnownPhoto] = [:]
        for (file, photo) in subject.photos where photo.contentHash == reference.contentHash {
            var photo = photo
            photo.verdict = .rejected(reason)
            found[file] = photo
            subjects[name]?.machine.judge(file, photo.fingerprint, photo.verdict, at: time.now)
        }
        await remember(found, of: name)
    }
}
