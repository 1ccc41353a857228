/// How a picture was made, read from the `parameters` text in its PNG: the form that A1111 introduced.
public struct PictureParameters: Sendable, Equatable {
    /// A photo that the picture was made from.
    public struct Reference: Codable, Sendable, Equatable, Hashable {
        /// The file's name at that time.
        public var name: String
        /// The beginning of the SHA-256 of its bytes, in hexadecimal.
        public var hash: String

        /// Both.
        public init(name: String, hash: String) {
            self.name = name
            self.hash = hash
        }
    }

    /// The prompt.
    public var prompt: String
    /// What the engine was told besides.
    public var options: PictureOptions
    /// The seed.
    public var seed: UInt32
    /// The model's name.
    public var model: String?
    /// The beginning of the model's hash.
    public var modelHash: String
    /// The photos, in their order.
    public var references: [Reference]
    /// The photo that it was started from.
    public var start: Reference?
    /// The mask of the part of that photo that was made.
    public var mask: Reference?
    /// What products were computed with; nil for float32.
    public var precision: String?
    /// The program that made it.
    public var version: String?

    /// All of it.
    public init(
        prompt: String, options: PictureOptions, seed: UInt32, model: String?, modelHash: String,
        references: [Reference], start: Reference? = nil, mask: Reference? = nil, precision: String? = nil,
        version: String? = nil
    ) {
        self.prompt = prompt
        self.options = options
        self.seed = seed
        self.model = model
        self.modelHash = modelHash
        self.references = references
        self.start = start
        self.mask = mask
        self.precision = precision
        self.version = version
    }

    /// All files that it was made from: the photos in their order, the one to start from, the mask.
    public var files: [Reference] { references + [start, mask].compactMap(\.self) }
}

/// Why a `parameters` text does not say how to make a picture again.
public enum PictureParametersError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text has no line of fields.
    case noFields
    /// A field is not there, which every picture of jedid has.
    case missing(field: String)
    /// A field's value cannot be understood.
    case invalid(field: String, value: String)

    public var description: String {
        switch self {
        case .noFields: "it has no line that begins with \"Steps:\""
        case .missing(let field): "it has no \"\(field)\", which every picture of jedid has"
        case .invalid(let field, let value): "its \"\(field)\" is \"\(value)\", which is not understood"
        }
    }
}

extension PictureParameters {
    /// Longer texts are not looked at.
    static let maximumBytes = 1 << 20

    /// Reads the text.
    public init(parameters text: String) throws(PictureParametersError) {
        guard text.utf8.count <= Self.maximumBytes else { throw .noFields }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // The prompt may be anything, "Steps:" included: the fields are the last line of that kind.
        guard let last = lines.lastIndex(where: { $0.hasPrefix("Steps: ") }) else { throw .noFields }
        let fields = try Fields(lines[last])
        lines.removeSubrange(last...)
        let marker = "Negative prompt: "
        var negative: String?
        if let line = lines.indices.dropFirst().last(where: { lines[$0].hasPrefix(marker) }) {
            negative = String(lines[line...].joined(separator: "\n").dropFirst(marker.count))
            lines.removeSubrange(line...)
        }
        prompt = lines.joined(separator: "\n")
        let size = try fields.size("Size")
        options = PictureOptions(
            negativePrompt: negative, steps: try fields.number("Steps"),
            sampler: SamplerNames.name(ofDisplayed: try fields.text("Sampler")),
            guidance: try fields.number("CFG scale"),
            imageGuidance: try fields.numberIfThere("Image CFG scale"),
            width: size.width, height: size.height, mode: try fields.text("Reference mode"),
            referenceTokens: try fields.numberIfThere("Reference tokens"),
            weights: fields["Emphasis"] == nil ? nil : true, clipSkip: try fields.numberIfThere("Clip skip"),
            eta: try fields.numberIfThere("Eta"), deepEvery: try fields.numberIfThere("Deep every"),
            guidanceInterval: try fields.noiseLevelsIfThere("Guidance interval"),
            strength: try fields.numberIfThere("Denoising strength"))
        seed = try fields.number("Seed")
        model = fields["Model"]
        modelHash = try fields.hexadecimal("Model hash")
        references = try fields.references("References")
        start = try fields.referenceIfThere("Init image")
        mask = try fields.referenceIfThere("Mask")
        precision = fields["Precision"]
        version = fields["Version"]
    }

    /// The fields by name.
    private struct Fields {
        private var values: [String: String] = [:]

        /// `Name: value, Name: "value, with separators", ...`
        init(_ line: String) throws(PictureParametersError) {
            var rest = line[...]
            while !rest.isEmpty {
                guard let colon = rest.firstIndex(of: ":") else {
                    throw .invalid(field: String(rest.prefix(40)), value: "")
                }
                let name = String(rest[..<colon]).trimmingBlanks
                rest = rest[rest.index(after: colon)...].drop { $0 == " " }
                let value: String
                if rest.first == "\"" {
                    value = try Self.quoted(&rest, name)
                } else {
                    let end = rest.firstIndex(of: ",") ?? rest.endIndex
                    value = String(rest[..<end]).trimmingBlanks
                    rest = rest[end...]
                }
                values[name] = value
                rest = rest.drop { $0 == " " }
                guard rest.isEmpty || rest.first == "," else { throw .invalid(field: name, value: value) }
                rest = rest.dropFirst().drop { $0 == " " }
            }
        }

        /// The value in JSON's quotes at the text's beginning.
        private static func quoted(_ text: inout Substring, _ name: String) throws(PictureParametersError)
            -> String
        {
            var value = ""
            var rest = text.dropFirst()
            while let character = rest.popFirst() {
                switch character {
                case "\"":
                    text = rest
                    return value
                case "\\":
                    guard let escaped = rest.popFirst() else { throw .invalid(field: name, value: value) }
                    value.append(escaped == "n" ? "\n" : escaped)
                default: value.append(character)
                }
            }
            throw .invalid(field: name, value: value)
        }

        subscript(_ name: String) -> String? { values[name] }

        func text(_ name: String) throws(PictureParametersError) -> String {
            guard let value = values[name] else { throw .missing(field: name) }
            return value
        }

        func number<Number: LosslessStringConvertible>(_ name: String) throws(PictureParametersError)
            -> Number
        {
            let value = try text(name)
            guard let number = Number(value) else { throw .invalid(field: name, value: value) }
            return number
        }

        func numberIfThere<Number: LosslessStringConvertible>(_ name: String)
            throws(PictureParametersError) -> Number?
        {
            values[name] == nil ? nil : try number(name)
        }

        func noiseLevelsIfThere(_ name: String) throws(PictureParametersError) -> ClosedRange<Double>? {
            guard let value = values[name] else { return nil }
            guard let interval = ClosedRange(noiseLevels: value) else {
                throw .invalid(field: name, value: value)
            }
            return interval
        }

        func size(_ name: String) throws(PictureParametersError) -> PixelSize {
            let value = try text(name)
            guard let size = PixelSize(value) else { throw .invalid(field: name, value: value) }
            return size
        }

        func hexadecimal(_ name: String) throws(PictureParametersError) -> String {
            let value = try text(name)
            guard (4...64).contains(value.utf8.count), value.allSatisfy(\.isHexDigit) else {
                throw .invalid(field: name, value: value)
            }
            return value
        }

        func referenceIfThere(_ name: String) throws(PictureParametersError) -> Reference? {
            let found = try references(name)
            guard found.count <= 1 else { throw .invalid(field: name, value: values[name] ?? "") }
            return found.first
        }

        /// `name hash, name hash`; a name may hold blanks and commas, a hash is sixteen digits.
        func references(_ name: String) throws(PictureParametersError) -> [Reference] {
            guard let value = values[name], !value.isEmpty else { return [] }
            var references: [Reference] = []
            var pending = ""
            for part in value.split(separator: ",", omittingEmptySubsequences: false) {
                pending += pending.isEmpty ? part.drop { $0 == " " } : "," + part
                guard let blank = pending.lastIndex(of: " ") else { continue }
                let hash = pending[pending.index(after: blank)...]
                guard hash.utf8.count == 16, hash.allSatisfy(\.isHexDigit) else { continue }
                references.append(Reference(name: String(pending[..<blank]), hash: String(hash)))
                pending = ""
            }
            guard pending.isEmpty else { throw .invalid(field: name, value: value) }
            return references
        }
    }
}

/// The samplers' names as other programs show them, and as jedid takes them.
public enum SamplerNames {
    private static let displayed = [
        "DDIM": "ddim", "DPM++ 2M": "dpmpp_2m", "DPM++ 2M Karras": "dpmpp_2m_karras", "Euler": "euler",
        "Euler a": "euler_a", "DPM++ 2M SDE": "dpmpp_2m_sde", "LCM": "lcm", "UniPC": "unipc",
    ]

    /// What jedid calls it; an unknown one stays what it is, for jedid to refuse.
    public static func name(ofDisplayed name: String) -> String { displayed[name] ?? name }
}

extension String {
    fileprivate var trimmingBlanks: String {
        var text = self[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
