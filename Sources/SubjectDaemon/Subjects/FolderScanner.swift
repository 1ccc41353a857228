import Glibc

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
}

/// What stands in a subject's folder, as far as the daemon has a use for it.
struct FolderListing: Sendable, Equatable {
    /// A file's state.
    enum Entry: Sendable, Equatable {
        case file(FileFingerprint)
        /// It is not looked at, for this reason.
        case refused(String)
    }

    /// The folder's identity.
    var identity: FolderIdentity
    /// Photos and the prompt file.
    var files: [String: Entry] = [:]
    /// The daemon's own messages that lie there.
    var notes: Set<String> = []
}

/// Reads folders.
enum FolderScanner {
    /// The root's folders.
    static func subjects(in root: String) throws(SystemCallError) -> RootListing {
        let folder = try Folder(path: root, followLink: true)
        var listing = RootListing(identity: folder.identity)
        try folder.forEachName { name in
            guard let name else {
                listing.unreadableNames += 1
                return
            }
            guard FileRules.isSubject(name), let facts = folder.facts(of: name) else { return }
            switch facts.st_mode & S_IFMT {
            case S_IFDIR: listing.folders[name] = FolderIdentity(facts)
            case S_IFLNK: listing.links.insert(name)
            default: break
            }
        }
        return listing
    }

    /// A subject's files.
    static func files(of subject: String, root: String) throws(SystemCallError) -> FolderListing {
        let folder = try Folder(path: root + "/" + subject, followLink: false)
        var listing = FolderListing(identity: folder.identity)
        try folder.forEachName { name in
            guard let name else { return }
            if name == FileRules.promptNoteName || name == FileRules.photosNoteName {
                listing.notes.insert(name)
            }
            guard FileRules.kind(name) != nil, let facts = folder.facts(of: name) else { return }
            switch facts.st_mode & S_IFMT {
            case S_IFREG: listing.files[name] = .file(FileFingerprint(facts))
            case S_IFLNK: listing.files[name] = linked(name, in: root + "/" + subject, root: root)
            case S_IFDIR: break
            default: listing.files[name] = .refused("it is not a file but a pipe, a socket or a device")
            }
        }
        return listing
    }

    /// The path of a subject's file with links resolved, if they stay within the root.
    static func resolve(_ name: String, of subject: String, root: String) -> String? {
        guard let real = realpath(root + "/" + subject + "/" + name, nil) else { return nil }
        defer { free(real) }
        guard let realRoot = realpath(root, nil) else { return nil }
        defer { free(realRoot) }
        let path = String(cString: real)
        return path.hasPrefix(String(cString: realRoot) + "/") ? path : nil
    }

    private static func linked(_ name: String, in folder: String, root: String) -> FolderListing.Entry {
        let subject = String(folder.dropFirst(root.count + 1))
        guard let target = resolve(name, of: subject, root: root) else {
            return .refused("it is a link that leads nowhere or out of the root; copy the file here instead")
        }
        var facts = stat()
        guard lstat(target, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            return .refused("it is a link to something that is not a file")
        }
        return .file(FileFingerprint(facts))
    }
}

/// An open folder.
private struct Folder: ~Copyable {
    private let stream: OpaquePointer
    private let path: String
    let identity: FolderIdentity

    init(path: String, followLink: Bool) throws(SystemCallError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followLink ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else { throw SystemCallError("open", path) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, let stream = fdopendir(descriptor) else {
            let error = SystemCallError("read", path)
            close(descriptor)
            throw error
        }
        self.path = path
        self.stream = stream
        identity = FolderIdentity(facts)
    }

    deinit {
        closedir(stream)
    }

    /// Every name but the folder itself and its parent; nil for a name that is not UTF-8.
    func forEachName(_ body: (String?) -> Void) throws(SystemCallError) {
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            body(name)
        }
        guard errno == 0 else { throw SystemCallError("read", path) }
    }

    /// Of the entry itself, not of what a link leads to. Nil where it has just vanished.
    func facts(of name: String) -> stat? {
        var facts = stat()
        return fstatat(dirfd(stream), name, &facts, AT_SYMLINK_NOFOLLOW) == 0 ? facts : nil
    }
}
