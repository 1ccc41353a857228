import Glibc
import Images

/// Why no picture can be written, in words for the subject's owner.
struct OutputFolderError: Error, Equatable, CustomStringConvertible {
    let cause: SystemCallError

    init(_ cause: SystemCallError) {
        self.cause = cause
    }

    var description: String {
        let remedy =
            switch cause.number {
            case ENOTDIR: "it is there and is no folder: move it away"
            case EACCES, EPERM: "jedid's user may not write there: let it (chmod g+w, or chown)"
            case EROFS: "the disk is mounted read-only"
            default: cause.reason
            }
        return "\(cause.path): \(remedy); then save \(FileRules.promptName) again"
    }
}

/// A subject's `output` folder.
struct OutputFolder: Sendable {
    /// Its path.
    let path: String

    /// How many names a job tries for its picture.
    private static let copies = 10

    private let subject: String

    init(root: String, subject: String) {
        self.subject = root + "/" + subject
        path = self.subject + "/" + FileRules.outputName
    }

    /// The names of the pictures that are there.
    func names() -> Set<String> {
        guard isFolder, let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: Set<String> = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let name, name.hasSuffix(".png") { names.insert(name) }
        }
        return names
    }

    /// The picture of that job among those names, if it is whole. It may have been made when the subject had
    /// another name.
    func picture(of job: PlannedJob, among names: Set<String>) -> String? {
        let tails = (1...Self.copies).map { job.outputTail(copy: $0) }
        return names.filter { name in tails.contains(where: name.hasSuffix) }.sorted { $0.precedes($1) }
            .lazy.map { path + "/" + $0 }.first(where: Self.isWhole)
    }

    /// Writes a job's picture under its name, and under the next free one where a person's file has that.
    ///
    /// - Returns: the picture's path.
    func write(_ picture: Picture, of job: PlannedJob) throws(SystemCallError) -> String {
        try make()
        for copy in 1...Self.copies {
            let file = path + "/" + job.outputName(copy: copy)
            if try AtomicFile.create(file, with: picture.png) { return file }
        }
        throw SystemCallError("create", path + "/" + job.outputName, EEXIST)
    }

    /// What an interrupted attempt at the job left behind is taken away.
    func removeLeftovers(of job: PlannedJob) {
        guard isFolder else { return }
        unlink(path + "/" + AtomicFile.temporaryName(for: job.outputName))
    }

    /// Whether the subject's own folder went.
    var isLost: Bool {
        var facts = stat()
        return lstat(subject, &facts) != 0 && errno == ENOENT
    }

    /// Bytes that can be written there.
    func freeBytes() -> Int64? {
        var facts = statvfs()
        guard statvfs(isFolder ? path : subject, &facts) == 0 else { return nil }
        let (bytes, overflow) = UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }

    /// Sees to it that a picture can be written there, which is better known before it is made.
    func prepare() throws(OutputFolderError) {
        do throws(SystemCallError) {
            try make()
            guard access(path, W_OK | X_OK) == 0 else { throw SystemCallError("write", path) }
        } catch {
            throw OutputFolderError(error)
        }
    }

    private func make() throws(SystemCallError) {
        if mkdir(path, 0o777) == 0 { return }
        // Kept before the next look at the disk, which leaves an error of its own.
        let number = errno
        if isFolder { return }
        throw SystemCallError("create the folder", path, number == EEXIST ? ENOTDIR : number)
    }

    /// Not through a link: pictures stay in the subject's folder.
    private var isFolder: Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    static func isWhole(_ path: String) -> Bool {
        (try? ImageCompleteness.check(path: path))?.isComplete ?? false
    }
}
