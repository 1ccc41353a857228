import CLinux
import ControlAPI
import Glibc
import Logging

/// The models in the state folder, beside the one that came along and the one that is configured.
actor ModelLibrary {
    private let folder: String
    private var places: ModelPlaces
    private let checker: ModelChecker
    private let files: FileThread
    private let logger: Logger
    /// Copying and checking are heavy: one at a time.
    private var isBusy = false

    /// - Parameter stateFolder: brought-in models lie in its folder `models`.
    init(stateFolder: String, places: ModelPlaces, files: FileThread, logger: Logger) {
        folder = stateFolder + "/models"
        self.places = places
        checker = ModelChecker(program: places.program, limit: places.checkTime)
        self.files = files
        self.logger = logger
    }

    /// From now on pictures are made with this one.
    func configure(_ folder: String) { places.configured = AbsolutePath.of(folder) }

    private static let temporaryPrefix = ".import-"

    // MARK: Listing

    /// The models that are there, by name.
    func list() async throws -> ModelsReport {
        let (folder, places) = (folder, places)
        return try await files.run {
            var models: [ModelsReport.Model] = []
            func add(_ path: String, _ origin: ModelsReport.Origin) {
                guard !models.contains(where: { $0.folder == path }) else { return }
                models.append(Self.model(path, origin, inUse: path == places.configured))
            }
            for name in Self.imported(in: folder) { add(folder + "/" + name, .imported) }
            if let embedded = places.embedded { add(embedded, .embedded) }
            if let configured = places.configured { add(configured, .configured) }
            return ModelsReport(
                folder: folder, models: models.sorted { ($0.name, $0.folder) < ($1.name, $1.folder) })
        }
    }

    private static func imported(in folder: String) -> [String] {
        ((try? ModelCopy.names(in: folder)) ?? []).filter { name in
            var facts = stat()
            return !name.hasPrefix(".") && stat(folder + "/" + name, &facts) == 0
                && facts.st_mode & S_IFMT == S_IFDIR
        }
    }

    private static func model(
        _ path: String, _ origin: ModelsReport.Origin, inUse: Bool
    ) -> ModelsReport.Model {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        do {
            let files = try ModelCopy.files(of: path).files
            let bytes = files.reduce(0) { $0 + $1.bytes }
            let problem =
                ModelCopy.isModel(files)
                ? nil : "it has no model_index.json that can be read, and is not one file of weights"
            return .init(
                name: name, folder: path, origin: origin, inUse: inUse, bytes: bytes, problem: problem)
        } catch {
            return .init(
                name: name, folder: path, origin: origin, inUse: inUse, bytes: 0,
                problem: "it cannot be read: \(error.reason)")
        }
    }

    // MARK: Checking

    /// Loads a model, named or by its folder, in a process of its own.
    func check(_ model: String) async throws -> ModelCheckReport {
        let path = try await path(of: model)
        return try await alone { await self.checker.check(path) }
    }

    private func path(of model: String) async throws -> String {
        if model.hasPrefix("/") { return AbsolutePath.of(model) }
        if model.contains("/") { throw ModelLibraryError.relativePath(model) }
        let models = try await list().models
        guard let found = models.first(where: { $0.name == model }) else {
            throw ModelLibraryError.unknown(
                name: String(model.prefix(100)), known: models.map(\.name))
        }
        return found.folder
    }

    private func alone<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
        guard !isBusy else { throw ModelLibraryError.busy }
        isBusy = true
        defer { isBusy = false }
        return try await work()
    }

    // MARK: Bringing in

    /// Copies a model into the state folder under that name, unless it cannot be used.
    func take(_ source: String, as name: String) async throws -> ModelsReport {
        guard source.hasPrefix("/") else { throw ModelLibraryError.relativePath(source) }
        guard Self.isName(name) else { throw ModelLibraryError.name(String(name.prefix(100))) }
        return try await alone { try await bringIn(AbsolutePath.of(source), as: name) }
    }

    private static func isName(_ name: String) -> Bool {
        (1...100).contains(name.utf8.count) && !name.hasPrefix(".") && !name.hasPrefix("-")
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "._-".utf8.contains(byte)
            }
    }

    private func bringIn(_ source: String, as name: String) async throws -> ModelsReport {
        let (target, temporary) = (folder + "/" + name, folder + "/" + Self.temporaryPrefix + name)
        let folder = folder
        let root = try await files.run {
            try Self.copy(source, to: temporary, for: target, in: folder)
        }
        do {
            let report = await checker.check(temporary)
            guard report.usable else {
                throw ModelLibraryError.unusable(
                    folder: source,
                    reason: (report.problem ?? "no reason was given").replacing(temporary, with: root))
            }
            try await files.run {
                guard jedi_rename_without_replacing(temporary, target) == 0 else {
                    throw ModelLibraryError.nameTaken(name: name, folder: target)
                }
                try AtomicFile.syncFolder(of: target)
            }
        } catch {
            try? await files.run { ModelCopy.remove(temporary) }
            throw error
        }
        logger.notice("the model \(source) was brought in as \(target)")
        return ModelsReport(folder: folder, models: try await list().models.filter { $0.folder == target })
    }

    /// Copies the files into a folder that nobody looks at yet.
    ///
    /// - Returns: the folder that they were in.
    private static func copy(
        _ source: String, to temporary: String, for target: String, in folder: String
    ) throws -> String {
        guard access(target, F_OK) != 0 else {
            throw ModelLibraryError.nameTaken(
                name: target.split(separator: "/").last.map(String.init) ?? target, folder: target)
        }
        let (root, found): (String, [ModelCopy.File])
        do { (root, found) = try ModelCopy.files(of: source) } catch {
            throw ModelLibraryError.unreadable(
                path: error.path, reason: error.reason, user: UserName.of(geteuid()) ?? "\(geteuid())",
                importFolder: folder)
        }
        guard ModelCopy.isModel(found) else {
            throw ModelLibraryError.noModel(folder: source)
        }
        do {
            guard mkdir(folder, 0o750) == 0 || errno == EEXIST else {
                throw SystemCallError("create the folder", folder)
            }
            // Left by a daemon that was killed while it copied.
            ModelCopy.remove(temporary)
            let needed = found.reduce(0) { $0 + $1.bytes }
            let free = DiskSpace.free(at: folder) ?? .max
            guard free - needed > 64 << 20 else {
                throw ModelLibraryError.noRoom(folder: folder, needed: needed, free: free)
            }
            guard mkdir(temporary, 0o750) == 0 else { throw SystemCallError("create the folder", temporary) }
            try ModelCopy.copy(found, from: root, to: temporary)
        } catch {
            ModelCopy.remove(temporary)
            throw (error as? SystemCallError).map(ModelLibraryError.system) ?? error
        }
        return root
    }
}
