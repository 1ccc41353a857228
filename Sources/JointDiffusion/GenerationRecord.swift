import Tensors

/// How a picture was made, in the text form that A1111 introduced and many programs read.
public struct GenerationRecord: Sendable, Equatable {
    public var request: GenerationRequest
    /// The seed of this picture.
    public var seed: UInt64
    public var modelName: String
    /// SHA-256 of the checkpoint, hexadecimal.
    public var modelHash: String
    /// In order.
    public var references: [Reference]
    public var precision: Precision
    public var version: String
    /// The picture that it was started from, and the mask of the part that was made.
    public var start: Reference?
    public var mask: Reference?
    /// What was added to the model, as `name weight`.
    public var adapters: [String] = []

    /// A photo's file name and the SHA-256 of its content, hexadecimal.
    public struct Reference: Sendable, Equatable {
        public var name: String
        public var hash: String

        public init(name: String, hash: String) {
            self.name = name
            self.hash = hash
        }
    }

    public init(
        request: GenerationRequest, seed: UInt64, modelName: String, modelHash: String,
        references: [Reference], precision: Precision, version: String
    ) {
        self.request = request
        self.seed = seed
        self.modelName = modelName
        self.modelHash = modelHash
        self.references = references
        self.precision = precision
        self.version = version
    }

    /// The text of the PNG chunk `parameters`.
    public var parameters: String {
        var lines = [Self.oneLine(request.prompt)]
        if !request.negativePrompt.isEmpty {
            lines.append("Negative prompt: " + Self.oneLine(request.negativePrompt))
        }
        var fields = [
            ("Steps", "\(request.steps)"), ("Sampler", request.sampler.displayName),
            ("CFG scale", Self.number(request.guidance)), ("Seed", "\(seed)"),
            ("Size", "\(request.width)x\(request.height)"), ("Model hash", String(modelHash.prefix(10))),
            ("Model", modelName),
        ]
        if let imageGuidance = request.imageGuidance {
            fields.append(("Image CFG scale", Self.number(imageGuidance)))
        }
        if request.hasWeights == true { fields.append(("Emphasis", "Original")) }
        if let strength = request.strength { fields.append(("Denoising strength", Self.number(strength))) }
        if let start { fields.append(("Init image", "\(start.name) \(start.hash.prefix(16))")) }
        if let mask { fields.append(("Mask", "\(mask.name) \(mask.hash.prefix(16))")) }
        if let clipSkip = request.clipSkip { fields.append(("Clip skip", "\(clipSkip)")) }
        if let eta = request.eta { fields.append(("Eta", Self.number(eta))) }
        fields.append(("Reference mode", request.mode.rawValue))
        if !references.isEmpty {
            let list = references.map { "\($0.name) \($0.hash.prefix(16))" }.joined(separator: ", ")
            fields.append(("References", list))
        }
        if let share = request.referenceTokens { fields.append(("Reference tokens", Self.number(share))) }
        if let count = request.deepEvery { fields.append(("Deep every", "\(count)")) }
        if let interval = request.guidanceInterval {
            let ends = [interval.lowerBound, interval.upperBound].map(Self.number)
            fields.append(("Guidance interval", ends.joined(separator: "-")))
        }
        if !adapters.isEmpty { fields.append(("LoRA", adapters.joined(separator: ", "))) }
        if precision != .float32 { fields.append(("Precision", precision.rawValue)) }
        fields.append(("Version", version))
        lines.append(fields.map { "\($0): \(Self.quoted($1))" }.joined(separator: ", "))
        return lines.joined(separator: "\n")
    }

    /// Values with separators in them stand in JSON quotes, as readers of this form expect.
    private static func quoted(_ value: String) -> String {
        guard value.contains(where: { ",:\"\n".contains($0) }) else { return value }
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"" + oneLine(escaped) + "\""
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}

extension SamplerKind {
    /// The name under which other programs know it.
    public var displayName: String {
        switch self {
        case .ddim: "DDIM"
        case .dpmpp2M: "DPM++ 2M"
        case .dpmpp2MKarras: "DPM++ 2M Karras"
        case .dpmpp2MSDE: "DPM++ 2M SDE"
        case .euler: "Euler"
        case .eulerAncestral: "Euler a"
        case .lcm: "LCM"
        case .unipc: "UniPC"
        }
    }
}
