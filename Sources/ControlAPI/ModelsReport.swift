/// The models that are there.
public struct ModelsReport: Codable, Sendable, Equatable {
    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    public static let schemaName = "jedi.models/1"

    /// Where a model comes from.
    public enum Origin: String, Codable, Sendable {
        /// It came along with the program.
        case embedded
        /// The daemon was told to use it.
        case configured
        /// It was brought in with `jedictl model import`.
        case imported
    }

    /// One model.
    public struct Model: Codable, Sendable, Equatable {
        /// The folder's name.
        public var name: String
        /// The folder.
        public var folder: String
        /// Where it comes from.
        public var origin: Origin
        /// Whether pictures are made with it.
        public var inUse: Bool
        /// What its files take on the disk.
        public var bytes: Int64
        /// What is the matter with it, as far as its folder shows.
        public var problem: String?

        /// All of it.
        public init(
            name: String, folder: String, origin: Origin, inUse: Bool, bytes: Int64, problem: String? = nil
        ) {
            self.name = name
            self.folder = folder
            self.origin = origin
            self.inUse = inUse
            self.bytes = bytes
            self.problem = problem
        }
    }

    /// Always ``schemaName``.
    public var schema: String
    /// Where imported models lie.
    public var folder: String
    /// The models, by name.
    public var models: [Model]

    /// A report of the present form.
    public init(folder: String, models: [Model]) {
        self.schema = Self.schemaName
        self.folder = folder
        self.models = models
    }
}

/// What came of loading a model: the answer to ``ControlCommand/checkModel(_:)``.
public struct ModelCheckReport: Codable, Sendable, Equatable {
    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    public static let schemaName = "jedi.model-check/1"

    /// Always ``schemaName``.
    public var schema: String
    /// The model's folder.
    public var folder: String
    /// Whether pictures can be made with it.
    public var usable: Bool
    /// Why not, in the loader's words.
    public var problem: String?
    /// The model's name.
    public var name: String?
    /// The hash that names its weights.
    public var modelHash: String?
    /// How references are used unless a prompt says otherwise.
    public var mode: String?
    /// The size that it was made for, in pixels.
    public var width: Int?
    /// See ``width``.
    public var height: Int?
    /// What a picture of that size needs.
    public var memoryNeeded: Int64?

    /// A report of the present form.
    public init(
        folder: String, usable: Bool, problem: String? = nil, name: String? = nil, modelHash: String? = nil,
        mode: String? = nil, width: Int? = nil, height: Int? = nil, memoryNeeded: Int64? = nil
    ) {
        self.schema = Self.schemaName
        self.folder = folder
        self.usable = usable
        self.problem = problem
        self.name = name
        self.modelHash = modelHash
        self.mode = mode
        self.width = width
        self.height = height
        self.memoryNeeded = memoryNeeded
    }
}
