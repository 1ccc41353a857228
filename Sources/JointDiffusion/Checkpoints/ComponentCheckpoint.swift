import Foundation
import Tensors

/// The weights of one component (`unet`, `vae`, `text_encoder`): one safetensors file, or several named by an
/// index. Strict: `finish` refuses tensors that the model did not take.
public final class ComponentCheckpoint: ParameterSource {
    /// The file that messages name when no other fits.
    public let path: String
    private let backend: any Backend
    /// Canonical key -> the file and the key under which it is stored.
    private var locations: [String: (file: SafetensorsFile, key: String)] = [:]

    /// - Parameters:
    ///   - stem: the file name without `.safetensors`.
    ///   - canonical: the model's key for a stored key, or nil for one that holds no parameter.
    public init(
        folder: String, stem: String, on backend: any Backend,
        canonical: (String) -> String? = { $0 }
    ) throws(CheckpointError) {
        self.backend = backend
        let files = try Self.files(folder: folder, stem: stem)
        path = files[0]
        for file in files {
            let opened: SafetensorsFile
            do { opened = try SafetensorsFile(path: file) } catch { throw .safetensors(error) }
            for key in opened.names {
                guard let name = canonical(key) else { continue }
                guard locations.updateValue((opened, key), forKey: name) == nil else {
                    throw .repeatedTensor(file: file, tensor: key)
                }
            }
        }
    }

    public func parameter(_ key: String, shape: Shape) throws(CheckpointError) -> Parameter {
        guard let (file, stored) = locations.removeValue(forKey: key) else {
            throw .missingTensor(file: path, tensor: key)
        }
        let value: Tensor
        do { value = try file.tensor(stored, on: backend) } catch { throw .safetensors(error) }
        guard value.shape == shape else {
            throw .wrongShape(file: file.path, tensor: stored, expected: shape, actual: value.shape)
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
            throw .unexpectedTensors(file: path, tensors: locations.keys.sorted())
        }
    }

    /// The first tensor in which an exponent says infinity or NaN.
    static func nonFiniteTensor(
        folder: String, stem: String, on backend: any Backend
    ) -> (file: String, tensor: String)? {
        for path in (try? files(folder: folder, stem: stem)) ?? [] {
            guard let file = try? SafetensorsFile(path: path) else { continue }
            for name in file.names {
                if let tensor = try? file.tensor(name, on: backend), !tensor.isFinite { return (path, name) }
            }
        }
        return nil
    }

    /// How many numbers a component's files hold.
    static func parameterCount(folder: String, stem: String) -> Int {
        ((try? files(folder: folder, stem: stem)) ?? []).reduce(0) { sum, path in
            guard let file = try? SafetensorsFile(path: path) else { return sum }
            return file.names.reduce(sum) { $0 + (file.shape(of: $1)?.count ?? 0) }
        }
    }

    private static func files(folder: String, stem: String) throws(CheckpointError) -> [String] {
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
