import ControlAPI
import Logging

extension SubjectMonitor {
    /// Begins to watch subjects' folders, or to poll them where that cannot be.
    func watch(_ names: [String]) async {
        var wanted: [FolderToWatch] = []
        for name in names {
            guard let subject = subjects[name] else { continue }
            subject.watchAt = nil
            if case .remote(let kind) = kinds.others[name] ?? kinds.root {
                poll(subject, name, reason: "on \(kind), which tells of no changes: \(pollingPhrase)")
                subject.trustTimes = false
            } else {
                wanted.append(FolderToWatch(path: path(of: name), key: name))
            }
        }
        guard !wanted.isEmpty else { return }
        let answers = await watcher.watch(wanted)
        for (folder, error) in zip(wanted, answers) {
            guard let subject = subjects[folder.key] else { continue }
            switch error {
            case nil:
                subject.backend = .inotify
                subject.pollAt = nil
            case .missing?: break  // Just gone: the root's next look says so.
            case let error?: pollForNow(subject, folder.key, error)
            }
        }
    }

    /// Begins to watch the folders within subjects' folders, and lets go of those that went.
    ///
    /// - Returns: the subjects that have to be looked at again, because something may have come just before.
    func watchWithin(_ listings: [String: FolderListing]) async -> [String] {
        var wanted: [FolderToWatch] = []
        for (name, listing) in listings {
            guard let subject = subjects[name], subject.backend == .inotify else { continue }
            if let kind = listing.remote {
                await unwatch(name, subject)
                poll(
                    subject, name,
                    reason: "a folder in it is on \(kind), which tells of no changes: \(pollingPhrase)")
                subject.trustTimes = false
                continue
            }
            guard !(listing.folders.isEmpty && subject.within.isEmpty) else { continue }
            for gone in subject.within.keys where listing.folders[gone] == nil {
                subject.within[gone] = nil
                await watcher.unwatch(FolderKey(subject: name, folder: gone).rawValue)
            }
            for (folder, identity) in listing.folders where subject.within[folder] != identity {
                wanted.append(
                    FolderToWatch(
                        path: path(of: name) + "/" + folder,
                        key: FolderKey(subject: name, folder: folder).rawValue))
            }
        }
        var again: Set<String> = []
        let answers = wanted.isEmpty ? [] : await watcher.watch(wanted)
        for (watched, error) in zip(wanted, answers) {
            let key = FolderKey(rawValue: watched.key)
            guard let subject = subjects[key.subject], let folder = key.within else { continue }
            switch error {
            case nil:
                subject.within[folder] = listings[key.subject]?.folders[folder]
                again.insert(key.subject)
            case .missing?: break
            case let error?: pollForNow(subject, key.subject, error)
            }
        }
        for name in listings.keys { sayIfWatchedAgain(name) }
        return again.sorted { $0.precedes($1) }
    }

    private func sayIfWatchedAgain(_ name: String) {
        guard let subject = subjects[name], subject.backend == .inotify, subject.backendReason != nil else {
            return
        }
        subject.backendReason = nil
        logger.notice("\(name): its folder is watched again")
    }

    /// Polls until the next try to watch.
    private func pollForNow(_ subject: Subject, _ name: String, _ error: WatchError) {
        let reason = "\(error); until then \(pollingPhrase)"
        if subject.backendReason != reason {
            logger.error("\(name): its folder cannot be watched: \(reason)")
        }
        poll(subject, name, reason: reason)
        subject.watchAt = time.now.uptime + configuration.watchRetryInterval
    }

    private func poll(_ subject: Subject, _ name: String, reason: String) {
        subject.backend = .polling
        subject.backendReason = reason
        subject.pollAt = time.now.uptime + configuration.pollInterval
    }

    /// Ends the watches of a subject under the name that it had.
    func unwatch(_ name: String, _ subject: Subject) async {
        let within = subject.within.keys
        subject.within = [:]
        subject.backend = .none
        await watcher.unwatch(name)
        for folder in within { await watcher.unwatch(FolderKey(subject: name, folder: folder).rawValue) }
    }

    var pollingPhrase: String {
        "it is looked at every \(Int(configuration.pollInterval.inSeconds.rounded(.up))) s"
    }
}
