import Synchronization

/// What happened in one folder since it was last looked at.
struct FolderChange: Sendable, Equatable {
    /// Files that were renamed into place, and so are whole already.
    var movedIn: Set<String> = []
    /// The folder itself was deleted, renamed or unmounted: its watch is gone.
    var isGone = false
}

/// Gathers what the watcher sees until the monitor looks at it.
///
/// However many events come, it holds one entry a folder, and the signal is raised once.
final class ChangeMailbox: Sendable {
    /// What was gathered.
    struct Contents: Sendable, Equatable {
        /// By the folder's key, see ``FolderKey``.
        var folders: [String: FolderChange] = [:]
        /// Events were lost: every folder must be looked at.
        var overflowed = false
        /// Subjects to be planned anew.
        var replan: Set<String> = []

        var isEmpty: Bool { folders.isEmpty && !overflowed && replan.isEmpty }
    }

    /// The key of the root's own folder.
    static let rootKey = ""

    private static let namesKept = 4096

    private let contents = Mutex(Contents())
    private let signal = Signal()

    /// Raised whenever there is something to take.
    var signals: Signal { signal }

    /// Notes a change to a file of the folder.
    func post(_ key: String, file: String, movedIn: Bool) {
        contents.withLock { contents in
            var change = contents.folders[key] ?? FolderChange()
            if movedIn && change.movedIn.count < Self.namesKept { change.movedIn.insert(file) }
            if !movedIn { change.movedIn.remove(file) }
            contents.folders[key] = change
        }
        signal.raise()
    }

    /// Notes that the folder is gone.
    func postGone(_ key: String) {
        contents.withLock { $0.folders[key, default: FolderChange()].isGone = true }
        signal.raise()
    }

    /// Notes that events were lost.
    func postOverflow() {
        contents.withLock { $0.overflowed = true }
        signal.raise()
    }

    /// Asks for a subject's prompt to be planned again.
    func postReplan(_ subject: String) {
        contents.withLock { _ = $0.replan.insert(subject) }
        signal.raise()
    }

    /// Whether there is something to take.
    var hasNews: Bool { contents.withLock { !$0.isEmpty } }

    /// Empties the mailbox.
    func take() -> Contents {
        contents.withLock { contents in
            defer { contents = Contents() }
            return contents
        }
    }
}
