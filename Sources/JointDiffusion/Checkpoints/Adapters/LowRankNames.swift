/// The keys of LoRA files: which weight of which network they change, and which part of the change they hold.
///
/// In kohya's names the dots of the module's path are underscores, so its modules are looked up. diffusers has the
/// path itself, in three spellings of different age.
struct LowRankNames {
    /// Which factor of `up (mid) down` a key holds.
    enum Part: Hashable {
        case down, middle, up, alpha
    }

    /// What a module's path is followed by.
    private static let endings: [(text: String, part: Part)] = [
        (".lora_down.weight", .down), (".lora_up.weight", .up), (".lora_mid.weight", .middle),
        (".lora_A.weight", .down), (".lora_B.weight", .up),
        (".lora.down.weight", .down), (".lora.up.weight", .up),
        ("_lora.down.weight", .down), ("_lora.up.weight", .up),
        (".lora_linear_layer.down.weight", .down), (".lora_linear_layer.up.weight", .up),
        (".alpha", .alpha),
    ]

    /// What a key may begin with, for each network.
    private static let prefixes: [ModelNetwork: (kohya: String, diffusers: [String])] = [
        .unet: ("lora_unet_", ["unet.", "base_model.model.unet."]),
        .textEncoder: ("lora_te_text_model_", ["text_encoder.text_model.", "text_encoder."]),
    ]

    private let diffusers: [String]
    private let kohya: [String: String]
    private let modules: Set<String>

    /// - Parameter modules: the paths of all modules of the network that have a weight.
    init(_ network: ModelNetwork, modules: Set<String>) {
        let prefixes = Self.prefixes[network]
        diffusers = prefixes?.diffusers ?? []
        self.modules = modules
        kohya = Dictionary(
            modules.map { ((prefixes?.kohya ?? "") + $0.replacing(".", with: "_"), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The module and the part behind a key; nil where it is none of this network.
    func meaning(of key: String) -> (module: String, part: Part)? {
        for (ending, part) in Self.endings where key.hasSuffix(ending) {
            let name = String(key.dropLast(ending.count))
            if let module = kohya[name] { return (module, part) }
            for prefix in diffusers where name.hasPrefix(prefix) {
                let path = Self.present(String(name.dropFirst(prefix.count)))
                if let module = path.first(where: modules.contains) { return (module, part) }
            }
        }
        return nil
    }

    /// A path, and what it is called today if it is an old one.
    private static func present(_ path: String) -> [String] {
        var today = path.replacing(".processor.", with: ".")
        if today.hasSuffix(".to_out") { today += ".0" }
        var ofText = path
        for (old, new) in [
            (".to_q", ".q_proj"), (".to_k", ".k_proj"), (".to_v", ".v_proj"), (".to_out", ".out_proj"),
        ] where ofText.hasSuffix(old) {
            ofText = ofText.dropLast(old.count) + new
        }
        return [path, today, ofText]
    }
}
