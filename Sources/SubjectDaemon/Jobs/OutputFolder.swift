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

    /// No picture comes near it.
    static let maximumBytes = 1 << 30

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

    /// The job's picture that is there whole, its record beside it: what an end without a word, or a store that was
    /// damaged, made the daemon forget.
    func recordedPicture(of job: PlannedJob) -> String? {
        guard isFolder else { return nil }
        return (1...Self.copies).lazy.map { path + "/" + job.outputName(copy: $0) }
            .first { Self.hasRecord(of: job.shortID, beside: $0) && Self.isWhole($0) }
    }

    /// Writes a job's picture under its name, and under the next free one where a person's file has that.
    ///
    /// Its record comes first, so that the picture is never there without. After a crash between the two, the next
    /// attempt writes both anew.
    ///
    /// - Returns: the picture's path.
    func write(_ picture: FinishedPicture, of job: PlannedJob) throws(SystemCallError) -> String {
        try make()
        for copy in 1...Self.copies {
            let file = path + "/" + job.outputName(copy: copy)
            if Self.exists(file) { continue }
            if let record = picture.record {
                guard try Self.write(record, of: job, beside: file) else { continue }
            }
            if try AtomicFile.create(file, with: picture.png) { return file }
            Self.removeRecord(of: job.shortID, beside: file)
        }
        throw SystemCallError("create", path + "/" + job.outputName, EEXIST)
    }

    /// The name of a picture's record.
    static func recordPath(_ picture: String) -> String {
        (picture.hasSuffix(".png") ? String(picture.dropLast(4)) : picture) + ".json"
    }

    /// Writes the record beside the picture.
    ///
    /// - Returns: false where a person's file has its name.
    @discardableResult
    static func write(
        _ record: [UInt8], of job: PlannedJob, beside picture: String
    ) throws(SystemCallError) -> Bool {
        let file = recordPath(picture)
        if try AtomicFile.create(file, with: record) { return true }
        guard isRecord(file, of: job.shortID) else { return false }
        try AtomicFile.replace(file, with: record)
        return true
    }

    /// Removes the record of that job's picture, if it is one.
    static func removeRecord(of job: String, beside picture: String) {
        let file = recordPath(picture)
        if isRecord(file, of: job) { unlink(file) }
    }

    /// Whether the picture has its job's record beside it.
    static func hasRecord(of job: String, beside picture: String) -> Bool {
        isRecord(recordPath(picture), of: job)
    }

    private static func isRecord(_ file: String, of job: String) -> Bool {
        guard let bytes = try? FileBytes.read(file, limit: PictureRecord.maximumBytes) else { return false }
        return PictureRecord.isRecord(bytes, of: job)
    }

    private static func exists(_ file: String) -> Bool {
        var facts = stat()
        return lstat(file, &facts) == 0
    }

    /// What an interrupted attempt at the job left behind is taken away.
    func removeLeftovers(of job: PlannedJob) {
        guard isFolder else { return }
        for copy in 1...Self.copies {
            let name = job.outputName(copy: copy)
            let file = path + "/" + name
            unlink(path + "/" + AtomicFile.temporaryName(for: name))
            unlink(path + "/" + AtomicFile.temporaryName(for: Self.recordPath(name)))
            if !Self.exists(file) { Self.removeRecord(of: job.shortID, beside: file) }
        }
    }

    /// Whether the subject's own folder went.
    var isLost: Bool {
        var facts = stat()
        return lstat(subject, &facts) != 0 && errno == ENOENT
    }

    /// Whether the error says that the subject's folder went. It may be back by now.
    func lacks(_ error: any Error) -> Bool {
        let cause = error as? SystemCallError ?? (error as? OutputFolderError)?.cause
        return cause.map { $0.number == ENOENT && $0.path.hasPrefix(path) } ?? false
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
