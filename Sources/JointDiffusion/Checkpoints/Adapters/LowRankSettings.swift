import Foundation
import Tensors

/// What newer diffusers say of a LoRA in the file's metadata: `alpha`, where the tensors do not hold it.
struct LowRankSettings {
    private static let name = "lora_adapter_metadata"
    private var alphas: [String: Double] = [:]
    private var patterns: [String: [String: Double]] = [:]

    init(_ file: SafetensorsFile) throws(LowRankError) {
        guard let text = file.metadata[Self.name] else { return }
        guard let values = try? JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8)) else {
            throw .unsupported(file: file.path, key: Self.name, reason: "is not a JSON object")
        }
        for (key, value) in values {
            switch (key.split(separator: ".").last.map(String.init), value) {
            case ("lora_alpha", .number(let alpha)): alphas[Self.network(key)] = alpha
            case ("alpha_pattern", .object(let pattern)):
                patterns[Self.network(key)] = pattern.compactMapValues {
                    if case .number(let alpha) = $0 { alpha } else { nil }
                }
            case ("use_rslora", .bool(true)), ("use_dora", .bool(true)):
                throw .unsupported(
                    file: file.path, key: key,
                    reason: "is true, which is a kind of LoRA that is not supported")
            default: continue
            }
        }
    }

    /// Nil where nothing is said.
    func alpha(of network: ModelNetwork, module: String) -> Double? {
        let pattern = patterns[network.rawValue] ?? [:]
        let longest = pattern.filter { module == $0.key || module.hasSuffix("." + $0.key) }
            .max { $0.key.count < $1.key.count }
        return longest?.value ?? alphas[network.rawValue]
    }

    /// `unet.lora_alpha` -> `unet`
    private static func network(_ key: String) -> String {
        String(key.prefix { $0 != "." })
    }
}
