import Foundation

/// What an evaluation found: `evaluation.json`, and the table that people read.
public struct EvaluationReport: Sendable, Equatable, Codable {
    /// How the pictures were made.
    public struct Making: Sendable, Equatable, Codable {
        public var model, modelHash: String
        /// How many photos the model was shown at most.
        public var references: Int
        public var mode: String
        public var sampler: String
        public var steps: Int
        public var guidance: Double
        public var imageGuidance: Double?
        public var width, height: Int
        public var samples: Int
        public var seed: UInt64
        public var precision: String
    }

    /// Of this structure.
    public var format = 1
    /// The program's name and version.
    public var program: String
    /// Nil where the pictures were there before.
    public var making: Making?
    public var pictures: String
    public var clip, dino: String
    public var prompts: String
    /// The means over the subjects.
    public var scores: Scores
    /// How many subjects the masked scores are of.
    public var maskedSubjects: Int
    public var amongPhotos: PhotoScores?
    public var subjects: [SubjectReport]

    /// - Parameters:
    ///   - pictures: the pictures' folder; `clip`, `dino` and `prompts` likewise say where things were.
    ///   - subjects: one at least.
    public init(
        program: String, making: Making?, pictures: String, clip: String, dino: String, prompts: String,
        subjects: [SubjectReport]
    ) {
        self.program = program
        self.making = making
        self.pictures = pictures
        self.clip = clip
        self.dino = dino
        self.prompts = prompts
        self.subjects = subjects
        scores = .mean(subjects.map(\.scores))
        maskedSubjects = subjects.count { $0.scores.maskedDino != nil }
        amongPhotos = .mean(subjects.compactMap(\.amongPhotos))
    }

    /// The JSON, in names with underscores.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}
