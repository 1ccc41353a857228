import CLinux
import Glibc

/// An open folder.
struct Folder: ~Copyable {
    private let stream: OpaquePointer
    private let path: String
    let identity: FolderIdentity

    /// Opens the folder of that path.
    init(path: String, followLink: Bool) throws(SystemCallError) {
        try self.init(
            descriptor: open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followLink ? 0 : O_NOFOLLOW)),
            path: path)
    }

    /// Opens a folder that lies in an open one, and is no link.
    init(_ name: String, in parent: borrowing Folder) throws(SystemCallError) {
        try self.init(
            descriptor: openat(
                dirfd(parent.stream), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW),
            path: parent.path + "/" + name)
    }

    private init(descriptor: Int32, path: String) throws(SystemCallError) {
        guard descriptor >= 0 else { throw SystemCallError("open", path) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, let stream = fdopendir(descriptor) else {
            let error = SystemCallError("read", path)
            close(descriptor)
            throw error
        }
        self.path = path
        self.stream = stream
        identity = FolderIdentity(facts, born: jedi_birth_time(descriptor, ""))
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

    /// Whether the entry is a folder, and no link to one.
    func isFolder(_ name: String) -> Bool {
        facts(of: name).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    /// When the entry was made.
    func born(_ name: String) -> Int64 { jedi_birth_time(dirfd(stream), name) }
}
