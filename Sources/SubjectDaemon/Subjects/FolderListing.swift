/// What stands in the root.
struct RootListing: Sendable, Equatable {
    /// The root's own identity, which another disk mounted over it changes.
    var identity: FolderIdentity
    /// The subjects.
    var folders: [String: FolderIdentity] = [:]
    /// Links, which are not followed.
    var links: Set<String> = []
    /// How many names are not UTF-8.
    var unreadableNames = 0
    /// What holds the root.
    var kind = FileSystemKind.local
    /// What holds those subjects that another file system holds.
    var kinds: [String: FileSystemKind] = [:]
    /// The settings for all subjects, where there are any.
    var defaults: FolderListing.Entry?
    /// Whether the daemon's message about them lies there.
    var hasDefaultsNote = false

    /// What holds the subject.
    func kind(of subject: String) -> FileSystemKind { kinds[subject] ?? kind }
}

/// What stands in a subject's folder and the folders within, as far as the daemon has a use for it.
struct FolderListing: Sendable, Equatable {
    /// A file's state.
    enum Entry: Sendable, Equatable {
        case file(FileFingerprint)
        /// It is not looked at, for this reason.
        case refused(String)
    }

    /// The folder's identity.
    var identity: FolderIdentity
    /// Photos, prompt files and settings, by their paths within the folder.
    var files: [String: Entry] = [:]
    /// The folders within, by their paths.
    var folders: [String: FolderIdentity] = [:]
    /// The daemon's own messages that lie there.
    var notes: Set<String> = []
    /// A file system within that tells of no changes.
    var remote: String?
}
