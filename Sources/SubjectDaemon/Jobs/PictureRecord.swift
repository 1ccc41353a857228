import ControlAPI
import FoundationEssentials
import Images

/// The small `.json` beside a picture: how it was made, for other programs.
struct PictureRecord: Codable, Sendable, Equatable {
    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    static let schemaName = "jedi.picture/1"

    /// The model that made it.
    struct Model: Codable, Sendable, Equatable {
        var name: String
        var hash: String
    }

    var schema = PictureRecord.schemaName
    /// The job's short name, as in the file's name.
    var job: String
    var subject: String
    var prompt: String
    /// What the prompt says besides its words.
    var options: PictureOptions
    var seed: UInt32
    var references: [PictureRequest.Reference]
    /// The photo that it was started from, and the mask of the part that was made; nil: none.
    var start: StartPhotos?
    /// The prompt file that asked for it; nil for an order of `jedictl`.
    var source: String?
    /// Nil where the picture was found after a crash and only its own text tells.
    var model: Model?
    var mode: String?
    var sampler: String?
    var steps: Int?
    /// How far from the photo that it was started from it could go; nil where there is none.
    var strength: Double?
    var width: Int
    var height: Int
    var createdAt: Date
    var startedAt: Date?
    var finishedAt: Date
    /// From the attempt's beginning to the finished picture.
    var seconds: Double?
    var attempts: Int
    /// The SHA-256 of the picture's file, in hexadecimal.
    var sha256: String
    var bytes: Int
    /// The text that the picture itself carries.
    var parameters: String?
    /// The daemon's ``ProductVersion``.
    var version: String

    /// What can be said of the picture of a job.
    ///
    /// - Parameters:
    ///   - description: the model that made it, where that is known.
    ///   - startedAt: when the attempt began.
    init(
        _ job: Job, png: [UInt8], hash: String, description: EngineDescription?, startedAt: Date?,
        finishedAt: Date
    ) {
        let plan = job.plan
        let text = PNGTextReader.read(png).first { $0.keyword == "parameters" }?.text
        let facts = ParametersText(text ?? "")
        let size = try? ImageHeader.read(png)
        self.job = plan.shortID
        subject = plan.subject
        prompt = plan.prompt
        options = plan.options
        seed = plan.seed
        references = plan.references
        start = plan.start
        source = plan.source
        model = description.map { Model(name: $0.model, hash: $0.modelHash) }
        mode = plan.options.mode ?? facts["Reference mode"] ?? description?.defaultMode
        sampler = facts["Sampler"] ?? plan.options.sampler
        steps = facts["Steps"].flatMap { Int($0) } ?? plan.options.steps
        strength = plan.strength
        width = size?.width ?? plan.options.width ?? description?.width ?? 0
        height = size?.height ?? plan.options.height ?? description?.height ?? 0
        createdAt = job.createdAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        seconds = startedAt.map { max(finishedAt.timeIntervalSince($0), 0) }
        attempts = job.attempts
        sha256 = hash
        bytes = png.count
        parameters = text
        version = ProductVersion.current
    }

    /// The file's bytes.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    /// The largest file that is taken for a record.
    static let maximumBytes = 1 << 20

    /// Whether the bytes are the record of that job's picture: only such a file is replaced or removed.
    static func isRecord(_ bytes: [UInt8], of job: String) -> Bool {
        struct Head: Decodable {
            var schema: String
            var job: String
        }
        guard let head = try? JSONDecoder().decode(Head.self, from: Data(bytes)) else { return false }
        return head.schema == schemaName && head.job == job
    }
}

/// The fields in the last line of a `parameters` text. Values in quotes are passed over: none that is asked for
/// here has them.
struct ParametersText: Sendable {
    private let line: Substring

    init(_ text: String) {
        line = text.split(whereSeparator: \.isNewline).last ?? ""
    }

    /// The value of that field.
    subscript(_ name: String) -> String? {
        for field in line.split(separator: ", ") where field.hasPrefix(name + ": ") {
            return String(field.dropFirst(name.count + 2))
        }
        return nil
    }
}

/// A picture and its record, ready to be written.
struct FinishedPicture: Sendable {
    var png: [UInt8]
    /// The record's bytes; nil writes none.
    var record: [UInt8]?
}
