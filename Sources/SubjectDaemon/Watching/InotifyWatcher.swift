/// Watches folders with inotify, for one mailbox.
final class InotifyWatcher: FolderWatching {
    private let mailbox: ChangeMailbox
    private let thread: InotifyThread

    /// A watcher that posts to the mailbox. All of a process share one thread.
    init(mailbox: ChangeMailbox, thread: InotifyThread = .shared) {
        self.mailbox = mailbox
        self.thread = thread
    }

    func watch(_ folder: String, as key: String) async throws(WatchError) {
        if let error = await watch([FolderToWatch(path: folder, key: key)])[0] { throw error }
    }

    func watch(_ folders: [FolderToWatch]) async -> [WatchError?] {
        await withCheckedContinuation { continuation in
            thread.order(.watch(folders, mailbox) { continuation.resume(returning: $0) })
        }
    }

    func unwatch(_ key: String) async {
        await withCheckedContinuation { continuation in
            thread.order(.unwatch(key: key, mailbox) { continuation.resume() })
        }
    }

    func end() async {
        await withCheckedContinuation { continuation in
            thread.order(.end(mailbox) { continuation.resume() })
        }
    }
}
