import ControlAPI
import Logging

extension SubjectMonitor {
    /// Looks at subjects' folders and does what follows from it.
    ///
    /// - Parameter movedIn: by subjects, the files that were renamed into place since the last look.
    /// - Returns: how many files came, changed or went, by subjects.
    @discardableResult
    func look(at names: [String], movedIn: [String: Set<String>] = [:]) async -> [String: Int] {
        var changes: [String: Int] = [:]
        var rest = names[...]
        while !rest.isEmpty, !isEnding {
            let part = Array(rest.prefix(Self.part))
            rest = rest.dropFirst(part.count)
            var listings = await scan(part)
            // What is in a new folder is only seen for certain once that is watched, and may be folders again.
            for _ in 0...FolderScanner.maximumDepth {
                let again = await watchWithin(listings)
                if again.isEmpty { break }
                listings.merge(await scan(again)) { $1 }
            }
            for (name, listing) in listings {
                changes[name] = takeIn(listing, of: name, movedIn: movedIn[name] ?? [])
            }
            await act(on: part)
            if findings.photos.count > 500 { await flush() }
        }
        await flush()
        return changes
    }

    private func scan(_ names: [String]) async -> [String: FolderListing] {
        for name in names {
            guard let subject = subjects[name] else { continue }
            subject.lookAt = nil
            if subject.backend == .polling { subject.pollAt = time.now.uptime + configuration.pollInterval }
        }
        let root = configuration.root
        let known = names.filter { subjects[$0] != nil }
        let results = try? await files.run {
            known.map { name in
                Result { () throws(SystemCallError) in try FolderScanner.files(of: name, root: root) }
            }
        }
        var listings: [String: FolderListing] = [:]
        for (name, result) in zip(known, results ?? []) {
            switch result {
            case .success(let listing):
                listings[name] = listing
                subjects[name]?.problem = nil
            case .failure(let error):
                let problem = "its folder cannot be read: \(error.reason)"
                if subjects[name]?.problem != problem { logger.error("\(name): \(problem)") }
                subjects[name]?.problem = problem
            }
        }
        return listings
    }

    private func takeIn(_ listing: FolderListing, of name: String, movedIn: Set<String>) -> Int {
        guard let subject = subjects[name] else { return 0 }
        subject.machine.patience = patience
        return subject.machine.observe(
            listing, movedIn: movedIn, trustTimes: subject.trustTimes, at: time.now)
    }

    /// Does what the subjects' machines say until they say nothing more.
    private func act(on names: [String]) async {
        var names = names.filter { subjects[$0]?.problem == nil }
        // Settings lead to prompts, looks to verdicts, verdicts to messages and jobs: the rest is caution.
        for _ in 0..<10 {
            var errands: [Errand] = []
            var plans: [(file: String, name: String)] = []
            var withdrawals: [(file: String, name: String)] = []
            let now = time.now
            for name in names {
                guard let subject = subjects[name] else { continue }
                planAgainWhatMissed(name, subject)
                let (actions, again) = subject.machine.next(at: now, defaultsPend: defaults.pend)
                subject.lookAt = again
                subject.isQuiet = actions.isEmpty && subject.machine.isQuiet(at: now)
                for action in actions {
                    switch action {
                    case .plan(let file): plans.append((file, name))
                    case .withdraw(let file): withdrawals.append((file, name))
                    default: errands.append(errand(action, of: name, subject))
                    }
                }
            }
            if errands.isEmpty && plans.isEmpty && withdrawals.isEmpty { return }
            await run(errands)
            for (file, name) in withdrawals {
                if await withdraw(file, of: name) { continue }
                tryAgain([name])
                names.removeAll { $0 == name }
            }
            for (file, name) in plans where names.contains(name) {
                if await plan(file, of: name) { continue }
                tryAgain([name])
                names.removeAll { $0 == name }
            }
        }
        tryAgain(
            names.filter {
                subjects[$0]?.machine.next(at: time.now, defaultsPend: defaults.pend).actions.isEmpty == false
            })
    }

    private func tryAgain(_ names: [String]) {
        for name in names { subjects[name]?.lookAt = time.now.uptime + configuration.retryInterval }
    }

    private func errand(_ action: SubjectMachine.Action, of name: String, _ subject: Subject) -> Errand {
        var settings = SubjectSettings()
        switch action {
        case .readPrompt: settings = settingsOfPrompts(of: name)
        case .note(let note, let lines):
            subject.machine.noted(note, lines)
            for line in lines { logger.warning("\(name)/\(FileRules.about(note: note)): \(line)") }
        default: break
        }
        return Errand(subject: name, action: action, settings: settings)
    }

    private func run(_ errands: [Errand]) async {
        guard !errands.isEmpty else { return }
        let (root, probe) = (configuration.root, probe)
        let readsPrompts = errands.contains(where: \.readsPrompt)
        let result = try? await files.run {
            let outcomes = errands.map { $0.run(root: root, probe: probe) }
            // After the prompts: settings that were there before a prompt hold for it, though nobody told of them yet.
            let defaults = readsPrompts ? try FolderScanner.defaults(in: root) : nil
            return (outcomes: outcomes, defaults: defaults)
        }
        guard let result else { return }
        let areStale = readsPrompts && glimpseDefaults(result.defaults)
        for (errand, outcome) in zip(errands, result.outcomes) {
            guard let subject = subjects[errand.subject] else { continue }
            switch outcome {
            case .judged(let file, let fingerprint, let verdict):
                subject.machine.judge(file, fingerprint, verdict, at: time.now)
                find(file, of: errand.subject, subject)
            case .hashed(let file, let fingerprint, let hash):
                subject.machine.know(file, fingerprint, contentHash: hash)
                find(file, of: errand.subject, subject)
            case .settings(let settings, let fingerprint):
                subject.machine.read(settings: settings, fingerprint)
            case .prompt(let contents, let file, let fingerprint):
                guard !areStale else { break }
                subject.machine.read(contents, of: file, fingerprint)
            case .noted(let error?):
                logger.warning(
                    "a message in \(path(of: errand.subject)) could not be brought up to date: \(error)")
            case .noted(nil), .overtaken: break
            }
        }
    }

    /// Has what is known of a photo be kept.
    func find(_ file: String, of name: String, _ subject: Subject) {
        guard let photo = subject.machine.file(file), let fingerprint = photo.fingerprint,
            let verdict = photo.verdict, verdict != .incomplete
        else { return }
        findings.photos[name, default: [:]][file] = KnownPhoto(
            fingerprint: fingerprint, verdict: verdict, contentHash: photo.contentHash)
    }
}
