/// Which encoded photos are meant.
public struct CacheSelection: Codable, Sendable, Equatable {
    /// Those of that subject's photos only.
    public var subject: String?
    /// Those made with another model than the present one only.
    public var otherModels: Bool

    /// Everything, unless one of them narrows it.
    public init(subject: String? = nil, otherModels: Bool = false) {
        self.subject = subject
        self.otherModels = otherModels
    }
}

/// The encoded photos that are kept, so that none is encoded twice.
public struct CacheReport: Codable, Sendable, Equatable {
    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    public static let schemaName = "jedi.cache/1"

    /// One photo, encoded for one model and size, and what it left behind in that model.
    public struct Entry: Codable, Sendable, Equatable {
        /// The SHA-256 of the photo's bytes, in hexadecimal.
        public var photoHash: String
        /// The subjects that hold the photo, as far as is known.
        public var subjects: [String]
        /// The hash of the model that it was encoded with.
        public var modelHash: String
        /// The size that it was encoded for, in pixels.
        public var width: Int
        /// See ``width``.
        public var height: Int
        /// What it takes on the disk.
        public var bytes: Int64
        /// What its keys and values take beside that; nil where none are kept.
        public var keysValuesBytes: Int64?

        /// All of it.
        public init(
            photoHash: String, subjects: [String], modelHash: String, width: Int, height: Int, bytes: Int64,
            keysValuesBytes: Int64? = nil
        ) {
            self.photoHash = photoHash
            self.subjects = subjects
            self.modelHash = modelHash
            self.width = width
            self.height = height
            self.bytes = bytes
            self.keysValuesBytes = keysValuesBytes
        }
    }

    /// Always ``schemaName``.
    public var schema: String
    /// The cache's folder.
    public var folder: String
    /// The present model's hash, once it is known.
    public var presentModelHash: String?
    /// What is kept.
    public var entries: [Entry]
    /// What all of it takes on the disk.
    public var totalBytes: Int64
    /// How many entries a command removed.
    public var removed: Int
    /// The names of the files that were damaged and are gone now.
    public var damaged: [String]

    /// A report of the present form.
    public init(
        folder: String, presentModelHash: String?, entries: [Entry], removed: Int = 0, damaged: [String] = []
    ) {
        self.schema = Self.schemaName
        self.folder = folder
        self.presentModelHash = presentModelHash
        self.entries = entries
        self.totalBytes = entries.reduce(0) { $0 + $1.bytes + ($1.keysValuesBytes ?? 0) }
        self.removed = removed
        self.damaged = damaged
    }
}
