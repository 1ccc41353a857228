import Glibc

/// Reads folders.
enum FolderScanner {
    /// How deep folders within a subject's folder are looked into.
    static let maximumDepth = 4
    /// How many are.
    static let maximumFolders = 1000

    /// The root's folders.
    static func subjects(in root: String) throws(SystemCallError) -> RootListing {
        let folder = try Folder(path: root, followLink: true)
        var listing = RootListing(identity: folder.identity, kind: FileSystemKind(of: root))
        try folder.forEachName { name in
            guard let name else {
                listing.unreadableNames += 1
                return
            }
            switch name {
            case FileRules.defaultsName: listing.defaults = entry(name, of: "", in: folder, root: root)
            case FileRules.defaultsNoteName: listing.hasDefaultsNote = true
            default: break
            }
            guard FileRules.isSubject(name), let facts = folder.facts(of: name) else { return }
            switch facts.st_mode & S_IFMT {
            case S_IFDIR:
                let identity = FolderIdentity(facts, born: folder.born(name))
                listing.folders[name] = identity
                if identity.device != folder.identity.device {
                    listing.kinds[name] = FileSystemKind(of: root + "/" + name)
                }
            case S_IFLNK: listing.links.insert(name)
            default: break
            }
        }
        return listing
    }

    /// The file with the settings for all subjects, as ``subjects(in:)`` finds it; nil where there is none.
    static func defaults(in root: String) throws(SystemCallError) -> FolderListing.Entry? {
        entry(FileRules.defaultsName, of: "", in: try Folder(path: root, followLink: true), root: root)
    }

    /// A subject's files, those in the folders within it included.
    static func files(of subject: String, root: String) throws(SystemCallError) -> FolderListing {
        let folder = try Folder(path: root + "/" + subject, followLink: false)
        var listing = FolderListing(identity: folder.identity)
        try take(folder, at: "", depth: 0, of: subject, root: root, into: &listing)
        return listing
    }

    private static func take(
        _ folder: borrowing Folder, at place: String, depth: Int, of subject: String, root: String,
        into listing: inout FolderListing
    ) throws(SystemCallError) {
        var within: [String] = []
        var found: [(name: String, entry: FolderListing.Entry)] = []
        try folder.forEachName { name in
            guard let name else { return }
            if depth == 0 && FileRules.isNote(name) { listing.notes.insert(name) }
            let path = place + name
            if FileRules.kind(path) != nil,
                let entry = entry(path, as: name, of: subject, in: folder, root: root)
            {
                found.append((path, entry))
            } else if depth < maximumDepth, FileRules.holdsPhotos(name), folder.isFolder(name) {
                within.append(name)
            }
        }
        for (path, entry) in found {
            // Two names can be the same text in different bytes. The one that was not taken says so.
            let isTwin = listing.files[path] != nil
            listing.files[isTwin ? path + "?" : path] =
                isTwin ? .refused("another file's name reads the same; rename one of them") : entry
        }
        for name in within {
            let path = place + name
            guard listing.folders.count < maximumFolders else {
                listing.files[path + "/"] = .refused(
                    "the subject has more than \(maximumFolders) folders within; this one is not looked into")
                return
            }
            do throws(SystemCallError) {
                let inner = try Folder(name, in: folder)
                listing.folders[path] = inner.identity
                if inner.identity.device != listing.identity.device,
                    case .remote(let kind) = FileSystemKind(of: root + "/" + subject + "/" + path)
                {
                    listing.remote = kind
                }
                try take(inner, at: path + "/", depth: depth + 1, of: subject, root: root, into: &listing)
            } catch  where error.isMissing || error.number == ELOOP {
                // Just gone, or just replaced.
                listing.folders[path] = nil
            } catch {
                listing.files[path + "/"] = .refused("the folder cannot be read: \(error.reason)")
            }
        }
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

    private static func entry(
        _ path: String, as name: String? = nil, of subject: String, in folder: borrowing Folder, root: String
    ) -> FolderListing.Entry? {
        guard let facts = folder.facts(of: name ?? path) else { return nil }
        switch facts.st_mode & S_IFMT {
        case S_IFREG: return .file(FileFingerprint(facts))
        case S_IFLNK: return linked(path, of: subject, root: root)
        case S_IFDIR: return nil
        default: return .refused("it is not a file but a pipe, a socket or a device")
        }
    }

    private static func linked(_ name: String, of subject: String, root: String) -> FolderListing.Entry {
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
