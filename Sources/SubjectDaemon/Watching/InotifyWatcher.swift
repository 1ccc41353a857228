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
        let result = await withCheckedContinuation { continuation in
            thread.order(.watch(folder: folder, key: key, mailbox) { continuation.resume(returning: $0) })
        }
        if case .failure(let error) = result { throw error }
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
