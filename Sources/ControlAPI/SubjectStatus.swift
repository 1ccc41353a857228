import FoundationEssentials

/// One subject: a folder directly under the root.
public struct SubjectStatus: Codable, Sendable, Equatable {
    /// What the subject is at.
    public enum State: String, Codable, Sendable {
        /// Its prompt is handled, or it has none; new files are awaited.
        case idle
        /// Files are still arriving.
        case settling
        /// There is a prompt and no photo that can be used.
        case waitingForPhotos
        /// Its prompt cannot be read; the detail says why.
        case promptProblem
        /// Jobs of it wait or run.
        case working
        /// Its folder cannot be read or is refused; the detail says why.
        case unavailable
    }

    /// How changes in the folder are noticed.
    public enum Backend: String, Codable, Sendable {
        /// The kernel tells of them.
        case inotify
        /// The folder is looked at from time to time.
        case polling
        /// It is not watched.
        case none
    }

    /// A file and what is to be said about it.
    public struct FileNote: Codable, Sendable, Equatable {
        /// The file's name within the subject's folder.
        public var file: String
        /// In plain words.
        public var reason: String

        /// Both.
        public init(file: String, reason: String) {
            self.file = file
            self.reason = reason
        }
    }

    /// The folder's name.
    public var name: String
    /// What the subject is at.
    public var state: State
    /// More about the state.
    public var detail: String?
    /// The photos that are used as references.
    public var photosUsed: [String]
    /// Good photos that are not used: more than can be, or the same picture twice.
    public var photosLeftOut: [FileNote]
    /// Photos that cannot be used.
    public var photosRejected: [FileNote]
    /// How many of the used photos have an encoded form in the cache for the present model, in whatever size.
    public var photosEncoded: Int
    /// How many pictures the prompt file asks for; nil without a prompt file.
    public var promptLines: Int?
    /// How changes are noticed.
    public var backend: Backend
    /// Why the folder is polled, where it is.
    public var backendReason: String?
    /// Jobs that wait or run.
    public var jobsWaiting: Int
    /// Jobs done.
    public var jobsDone: Int

    /// All of it.
    public init(
        name: String, state: State, detail: String?, photosUsed: [String], photosLeftOut: [FileNote],
        photosRejected: [FileNote], photosEncoded: Int, promptLines: Int?, backend: Backend,
        backendReason: String?, jobsWaiting: Int, jobsDone: Int
    ) {
        self.name = name
        self.state = state
        self.detail = detail
        self.photosUsed = photosUsed
        self.photosLeftOut = photosLeftOut
        self.photosRejected = photosRejected
        self.photosEncoded = photosEncoded
        self.promptLines = promptLines
        self.backend = backend
        self.backendReason = backendReason
        self.jobsWaiting = jobsWaiting
        self.jobsDone = jobsDone
    }
}
