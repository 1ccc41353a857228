import ControlAPI
import Logging

extension SubjectMonitor {
    /// What came of a look at the root.
    struct RootLook {
        /// How many subjects came, went, were renamed or replaced.
        var changes = 0
        /// Those that were looked at.
        var looked: Set<String> = []
    }

    /// Looks at the root, takes in subjects that came and lets go of those that went.
    func lookAtRoot(movedIn: Set<String> = []) async -> RootLook {
        await flush()
        (rootLookAt, rootLookFailed) = (nil, false)
        let root = configuration.root
        let listing: RootListing
        do {
            listing = try await files.run { try FolderScanner.subjects(in: root) }
        } catch {
            let reason = (error as? SystemCallError)?.reason ?? "\(error)"
            await loseRoot(
                "the root \(root) cannot be read: \(reason); its subjects are kept until it is back")
            return RootLook()
        }
        var known = RootReconciler.Known(subjects: subjects.mapValues(\.identity), root: rootIdentity)
        do {
            let strangers = RootReconciler.strangers(known.subjects, listing)
            if !strangers.isEmpty { known.names = try await store.names(of: strangers) }
            if listing.folders.isEmpty { known.isRemembered = try await store.remembersSubjects() }
        } catch {
            giveUpRootLook("cannot be read (\(error))")
            return RootLook()
        }
        switch RootReconciler.compare(known, with: listing) {
        case .unavailable(let reason):
            await loseRoot(reason)
            return RootLook()
        case .available(let difference):
            await haveRoot(listing)
            await takeInDefaults(listing, movedIn: movedIn.contains(FileRules.defaultsName))
            return await take(difference, listing)
        }
    }

    private func take(_ difference: RootReconciler.Difference, _ listing: RootListing) async -> RootLook {
        for name in difference.vanished {
            logger.notice("\(name): its folder is gone; nothing kept of it is deleted")
            if let subject = subjects.removeValue(forKey: name) { await unwatch(name, subject) }
        }
        guard await rename(difference.renamed) else { return RootLook() }
        for name in difference.replaced { subjects[name]?.backend = .none }
        for name in difference.replaced + difference.renamed.map(\.to) {
            guard let identity = listing.folders[name], let subject = subjects[name] else { continue }
            subject.identity = identity
            findings.folders[name] = identity
        }
        let new = (difference.appeared + difference.renamed.map(\.to)).filter { subjects[$0] == nil }
        await add(new, listing)
        let unwatched = subjects.filter { $0.value.backend == .none }.keys.sorted { $0.precedes($1) }
        await watch(unwatched)
        await look(at: unwatched)
        if difference.count > 0 { work.raise() }
        return RootLook(changes: difference.count, looked: Set(new + unwatched))
    }

    private func giveUpRootLook(_ trouble: String) {
        logger.error("the job store \(trouble); the root is looked at again soon")
        lookAtRootLater()
    }

    private func lookAtRootLater() {
        rootLookFailed = true
        rootLookAt = time.now.uptime + configuration.retryInterval
    }

    // MARK: The root itself

    private func loseRoot(_ reason: String) async {
        if rootProblem == nil {
            logger.error("\(reason)")
            await watcher.end()
            rootWatched = false
            for subject in subjects.values {
                subject.backend = .none
                subject.within = [:]
                subject.lookAt = nil
                subject.pollAt = nil
                subject.watchAt = nil
            }
        }
        rootProblem = reason
        rootLookAt = time.now.uptime + configuration.pollInterval
    }

    private func haveRoot(_ listing: RootListing) async {
        if rootProblem != nil {
            logger.notice("the root \(configuration.root) is back")
            rootProblem = nil
            work.raise()
        }
        for link in listing.links.subtracting(links) {
            logger.warning("\(link): it is a link and is not followed; put the folder itself into the root")
        }
        links = listing.links
        kinds = (listing.kind, listing.kinds)
        if listing.unreadableNames != unreadableNames {
            unreadableNames = listing.unreadableNames
            if let unreadableNamesProblem { logger.warning("\(unreadableNamesProblem)") }
        }
        if rootIdentity != listing.identity {
            rootIdentity = listing.identity
            rootWatched = false
            do { try await store.set(rootSetting, to: listing.identity) } catch {
                logger.warning("the job store does not take a note: \(error)")
            }
        }
        await watchRoot()
    }

    private func watchRoot() async {
        guard !rootWatched else { return }
        let now = time.now.uptime
        if case .remote(let kind) = kinds.root {
            rootLookAt = now + configuration.pollInterval
            rootWatchProblem = "the root is on \(kind), which tells of no changes: \(pollingPhrase)"
            return
        }
        do throws(WatchError) {
            try await watcher.watch(configuration.root, as: ChangeMailbox.rootKey)
            rootWatched = true
            rootLookAt = nil
            rootWatchProblem = nil
            // What came between the look and the watch.
            mailbox.post(ChangeMailbox.rootKey, file: "", movedIn: false)
        } catch {
            let problem = "the root cannot be watched (\(error)): \(pollingPhrase)"
            if rootWatchProblem != problem { logger.error("\(problem)") }
            rootWatchProblem = problem
            rootLookAt = now + configuration.pollInterval
        }
    }

    /// What is the matter with names that cannot even be said.
    var unreadableNamesProblem: String? {
        guard unreadableNames > 0 else { return nil }
        return "names in the root that are not UTF-8 and are not looked at: \(unreadableNames); rename them"
    }

    // MARK: The settings for all subjects

    private func takeInDefaults(_ listing: RootListing, movedIn: Bool) async {
        let pended = defaults.pend
        let isOther = defaults.observe(
            listing.defaults, hasNote: listing.hasDefaultsNote, movedIn: movedIn,
            trustTimes: listing.kind == .local, at: time.now)
        if isOther || (pended && !defaults.pend) { defaultsSettled(areOthers: isOther) }
        let root = configuration.root
        for _ in 0..<3 {
            switch defaults.next(at: time.now, patience).action {
            case .read(let fingerprint):
                let read = try? await files.run {
                    Errand.settings(FileRules.defaultsName, of: "", root: root, fingerprint)
                }
                guard let settings = read else {
                    lookAtRootLater()
                    return
                }
                let areOthers = defaults.read(settings, fingerprint)
                defaultsSettled(areOthers: areOthers)
            case .note(let problems):
                for problem in problems { logger.warning("\(FileRules.defaultsName): \(problem)") }
                defaults.noted(problems)
                let note = Errand.Note(file: FileRules.defaultsNoteName, lines: problems)
                let error = try? await files.run { note.write(in: root) }
                if let error { logger.warning("\(error)") }
            case nil: return
            }
        }
    }

    /// Takes in what became of the settings since the root was looked at.
    ///
    /// - Returns: whether what was read under them is to be read again.
    func glimpseDefaults(_ entry: FolderListing.Entry?) -> Bool {
        let areOthers = defaults.observe(entry, trustTimes: kinds.root == .local, at: time.now)
        if areOthers { defaultsSettled(areOthers: true) }
        return areOthers || defaults.pend
    }

    /// Prompts that waited for the settings are looked at, and those that were read under others are read again.
    private func defaultsSettled(areOthers: Bool) {
        for subject in subjects.values where subject.machine.hasPrompts {
            if areOthers { subject.machine.settingsChanged() }
            subject.lookAt = time.now.uptime
        }
    }

    // MARK: Subjects that come and change their names

    private func add(_ names: [String], _ listing: RootListing) async {
        var rest = names.filter { path(of: $0) != configuration.stateFolder }[...]
        while !rest.isEmpty, !isEnding {
            let part = Array(rest.prefix(Self.part * 4))
            rest = rest.dropFirst(part.count)
            let remembered: [String: RememberedSubject]
            do { remembered = try await store.remembered(of: part) } catch {
                giveUpRootLook("cannot be read (\(error))")
                return
            }
            for name in part {
                guard let identity = listing.folders[name] else { continue }
                let known = remembered[name] ?? RememberedSubject()
                if known.folder != identity { findings.folders[name] = identity }
                subjects[name] = Subject(
                    identity: identity,
                    machine: SubjectMachine(
                        patience: patience, handled: known.prompts, photos: known.photos))
            }
            // The watch first, the look after it: what comes between is seen twice rather than never.
            await watch(part)
            await look(at: part)
        }
    }

    /// Lets what is known of folders go with them to their new names.
    ///
    /// - Returns: false where that has to be tried again.
    private func rename(_ renames: [SubjectRename]) async -> Bool {
        guard !renames.isEmpty else { return true }
        do { try await store.rename(renames, root: configuration.root) } catch {
            giveUpRootLook("does not take the new name of \(renames[0].from) (\(error))")
            return false
        }
        let moved = renames.map { ($0, subjects.removeValue(forKey: $0.from)) }
        for (rename, subject) in moved {
            logger.notice(
                "\(rename.from): its folder is called \(rename.to) now; what was known of it goes with it")
            if let subject {
                await unwatch(rename.from, subject)
                subjects[rename.to] = subject
            }
        }
        for rename in renames { await adoptPictures(of: rename.to) }
        return true
    }

    /// A picture may have got its name just before its folder got another, and before its job was marked done.
    private func adoptPictures(of name: String) async {
        let folder = OutputFolder(root: configuration.root, subject: name)
        do {
            for job in try await store.jobs(in: [.queued], subject: name, limit: .max) where job.attempts > 0
            {
                let found = try await files.run {
                    try folder.picture(of: job.plan, among: folder.names()).map {
                        (path: $0, hash: try FileBytes.sha256($0))
                    }
                }
                guard let (picture, hash) = found else { continue }
                try await store.finish(job.plan.key, output: picture, hash: hash, at: .now)
                logger.notice("\(name): the picture \(picture) was made before its folder got its new name")
            }
        } catch {
            logger.warning("\(name): pictures that may be there already could not be looked for: \(error)")
        }
    }
}
