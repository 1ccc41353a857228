import Foundation
import Tensors

/// A LoRA file, open: gives a network what it holds for it.
final class LowRankFile {
    let file: SafetensorsFile
    private let weight: Double
    private let backend: any Backend
    /// Keys that no network has claimed.
    private var unclaimed: Set<String>
    private let settings: LowRankSettings

    init(_ adapter: WeightedAdapter, on backend: any Backend) throws(CheckpointError) {
        do { file = try SafetensorsFile(path: adapter.path) } catch { throw .safetensors(error) }
        weight = adapter.weight
        self.backend = backend
        unclaimed = Set(file.names)
        do { settings = try LowRankSettings(file) } catch { throw .adapter(error) }
    }

    /// The changes of a network's modules, by their paths.
    func changes(
        of network: ModelNetwork, modules: Set<String>
    ) throws(LowRankError) -> [String: LowRankChange] {
        let names = LowRankNames(network, modules: modules)
        var keys: [String: [LowRankNames.Part: String]] = [:]
        for key in unclaimed.sorted() {
            guard let (module, part) = names.meaning(of: key) else { continue }
            guard keys[module, default: [:]].updateValue(key, forKey: part) == nil else {
                throw .repeated(file: file.path, key: key)
            }
            unclaimed.remove(key)
        }
        var changes: [String: LowRankChange] = [:]
        for (module, parts) in keys {
            guard let down = parts[.down], let up = parts[.up] else {
                throw .incomplete(
                    file: file.path,
                    key: parts[.down] ?? parts[.up] ?? parts[.middle] ?? parts[.alpha] ?? module)
            }
            let rank = file.shape(of: down)?.dimensions.first ?? 0
            var alpha = settings.alpha(of: network, module: module) ?? Double(rank)
            if let key = parts[.alpha] { alpha = try number(key) }
            guard rank > 0, alpha.isFinite else {
                throw .unsupported(file: file.path, key: down, reason: "has no rank")
            }
            changes[module] = LowRankChange(
                file: file, down: down, middle: parts[.middle], up: up,
                scale: weight * alpha / Double(rank), backend: backend)
        }
        return changes
    }

    /// Every key must have been understood.
    func finish() throws(LowRankError) {
        guard unclaimed.isEmpty else { throw .unknownKeys(file: file.path, keys: unclaimed.sorted()) }
    }

    /// The one number of a tensor.
    private func number(_ key: String) throws(LowRankError) -> Double {
        guard file.shape(of: key)?.count == 1, let tensor = try? file.tensor(key, on: backend) else {
            throw .unsupported(file: file.path, key: key, reason: "is not one number in F32, F16 or BF16")
        }
        return Double(tensor.float32.elements[0])
    }
}
