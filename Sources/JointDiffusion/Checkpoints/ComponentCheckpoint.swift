import Foundation
import Tensors

/// The weights of one network. Strict: `finish` refuses tensors that the model did not take.
public final class ComponentCheckpoint: ParameterSource {
    /// Where a tensor lies.
    struct Location {
        let file: SafetensorsFile
        let key: String
        /// Which of three tensors of equal shape it is that stand one below another; nil: it is the whole.
        var third: Int?
    }

    /// The file that messages name when no other fits.
    public let path: String
    private let backend: any Backend
    /// The model's key -> where that tensor is.
    private var locations: [String: Location]
    /// The key under which a file would hold a tensor that is missing.
    private let storedKey: (String) -> String
    /// What LoRA files add to a module's weight, by the module's path.
    private var changes: [String: [LowRankChange]] = [:]

    /// Of a diffusers folder: one safetensors file, or several named by an index.
    ///
    /// - Parameters:
    ///   - stem: the file name without `.safetensors`.
    ///   - canonical: the model's key for a stored key, or nil for one that holds no parameter.
    public convenience init(
        folder: String, stem: String, on backend: any Backend,
        canonical: (String) -> String? = { $0 }
    ) throws(CheckpointError) {
        let files = try Self.files(folder: folder, stem: stem)
        var locations: [String: Location] = [:]
        for path in files {
            let file: SafetensorsFile
            do { file = try SafetensorsFile(path: path) } catch { throw .safetensors(error) }
            for key in file.names {
                guard let name = canonical(key) else { continue }
                guard locations.updateValue(Location(file: file, key: key), forKey: name) == nil else {
                    throw .repeatedTensor(file: path, tensor: key)
                }
            }
        }
        self.init(path: files[0], locations: locations, storedKey: { $0 }, on: backend)
    }

    init(
        path: String, locations: [String: Location], storedKey: @escaping (String) -> String,
        on backend: any Backend
    ) {
        self.path = path
        self.locations = locations
        self.storedKey = storedKey
        self.backend = backend
    }

    /// The paths of all modules that have a weight.
    var modules: Set<String> {
        Set(
            locations.keys.filter { $0.hasSuffix(Self.weight) }.map { String($0.dropLast(Self.weight.count)) }
        )
    }

    private static let weight = ".weight"

    /// Has the weights of modules changed when they are taken.
    func add(_ changes: [String: LowRankChange]) {
        for (module, change) in changes { self.changes[module, default: []].append(change) }
    }

    public func parameter(_ key: String, shape: Shape) throws(CheckpointError) -> Parameter {
        guard let location = locations.removeValue(forKey: key) else {
            throw .missingTensor(file: path, tensor: storedKey(key))
        }
        var value: Tensor
        do { value = try location.file.tensor(location.key, on: backend) } catch {
            throw .safetensors(error)
        }
        let stored =
            location.third == nil ? shape : Shape([3 * shape[0]] + shape.dimensions.dropFirst())
        guard value.shape == stored else {
            throw .wrongShape(
                file: location.file.path, tensor: location.key, expected: stored, actual: value.shape)
        }
        if let third = location.third { value = value[rows: third * shape[0]..<(third + 1) * shape[0]] }
        if key.hasSuffix(Self.weight) {
            for change in changes[String(key.dropLast(Self.weight.count))] ?? [] {
                value = try change.added(to: value)
            }
        }
        return Parameter(name: key, value: value)
    }

    /// Shape under which a tensor is stored, for the few that exist in two forms.
    public func storedShape(of key: String) -> Shape? {
        locations[key].flatMap { $0.file.shape(of: $0.key) }
    }

    /// Every tensor must have been taken.
    public func finish() throws(CheckpointError) {
        guard locations.isEmpty else {
            throw .unexpectedTensors(file: path, tensors: Set(locations.values.map(\.key)).sorted())
        }
    }

    /// A component's weight files, in a diffusers folder.
    static func files(folder: String, stem: String) throws(CheckpointError) -> [String] {
        for name in ["\(stem).safetensors", "\(stem).fp16.safetensors"] {
            let path = "\(folder)/\(name)"
            if FileManager.default.fileExists(atPath: path) { return [path] }
        }
        let index = "\(folder)/\(stem).safetensors.index.json"
        if FileManager.default.fileExists(atPath: index) {
            let names = Set(try ConfigFile(path: index).strings("weight_map").values)
            guard !names.isEmpty, names.allSatisfy({ !$0.contains("/") }) else {
                throw .invalidConfig(file: index, reason: "its weight_map names no file of this folder")
            }
            return names.sorted().map { "\(folder)/\($0)" }
        }
        throw .missingFile(
            file: "\(folder)/\(stem).safetensors",
            hint: "A checkpoint is a diffusers folder with safetensors weights; convert .bin or .ckpt files.")
    }
}
