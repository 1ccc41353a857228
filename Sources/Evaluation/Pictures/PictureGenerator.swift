import Foundation
import Images
import JointDiffusion
import Tensors

/// Makes an evaluation's pictures with a model, those that are not there yet.
///
/// A picture says in its PNG text `parameters` how it was made, as those of `jedid` do. One that is there and says what
/// this evaluation would write is kept; one that says anything else is an error. Confined to one thread, like the model.
public final class PictureGenerator {
    public let model: DiffusionModel
    public let settings: PictureSettings
    private let pipeline: Pipeline
    private let modelHash: String
    private let precision: Precision
    private let version: String

    /// - Parameters:
    ///   - precision: what the model's backend computes with.
    ///   - version: the program's name and version, for the pictures' text.
    public init(
        _ model: DiffusionModel, settings: PictureSettings, precision: Precision, version: String
    ) throws {
        self.model = model
        self.settings = settings
        self.precision = precision
        self.version = version
        pipeline = Pipeline(model)
        try pipeline.validate(
            settings.request(
                "", number: 1, sample: 1, references: settings.references, for: model))
        modelHash = try ModelHash.compute(model.source)
    }

    /// A picture to be made, or one that is there.
    private struct Picture {
        let number: Int
        let path: String
        let request: GenerationRequest
        /// The text that goes with it.
        let parameters: String
    }

    /// How the pictures are made, for the report.
    public var making: EvaluationReport.Making {
        let request = settings.request(
            "", number: 1, sample: 1, references: settings.references, for: model)
        return EvaluationReport.Making(
            model: model.source.path, modelHash: modelHash, references: settings.references,
            mode: request.mode.rawValue, sampler: request.sampler.rawValue, steps: request.steps,
            guidance: request.guidance, imageGuidance: request.imageGuidance, width: request.width,
            height: request.height, samples: settings.samples, seed: settings.seed,
            precision: precision.rawValue)
    }

    /// How many of a subject's pictures are not there.
    /// - Throws: `otherPicture` where something else is in a picture's place, and what is wrong with a photo.
    public func missing(
        of subject: EvaluationSubject, prompts: [String], in folder: String
    ) throws(EvaluationError) -> Int {
        var count = 0
        for picture in try planned(subject, try references(of: subject), prompts, folder)
        where !(try isThere(picture)) {
            count += 1
        }
        return count
    }

    /// Makes what is missing of a subject.
    /// - Parameter made: called after each picture.
    /// - Returns: all its pictures, in the prompts' order.
    public func pictures(
        of subject: EvaluationSubject, prompts: [String], in folder: String, made: () throws -> Void = {}
    ) throws -> [PictureFolder.Entry] {
        let place = "\(folder)/\(subject.name)"
        do {
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        } catch { throw EvaluationError.unwritable(place, error) }
        let photos = try references(of: subject)
        let all = try planned(subject, photos, prompts, folder)
        var encoded: [Pipeline.Reference]?
        for picture in all where !(try isThere(picture)) {
            let request = picture.request
            let references =
                try encoded
                ?? photos.map { try $0.encoded(by: pipeline, width: request.width, height: request.height) }
            encoded = references
            let latent = try pipeline.generate(request, references: references)
            let image = RGBImage(
                width: request.width, height: request.height, pixels: try pipeline.decode(latent))
            try write(
                try PNGEncoder.encode(
                    image, text: [PNGText(keyword: Self.keyword, text: picture.parameters)]),
                to: picture.path)
            try made()
        }
        let names = all.map { URL(fileURLWithPath: $0.path).lastPathComponent }
        return zip(all, try SubjectFolder.masked(names, in: place)).map { picture, file in
            PictureFolder.Entry(number: picture.number, file: file)
        }
    }

    private static let keyword = "parameters"

    private func references(of subject: EvaluationSubject) throws(EvaluationError) -> [ReferencePhoto] {
        var photos: [ReferencePhoto] = []
        for file in subject.photos.prefix(settings.references) { photos.append(try ReferencePhoto(file)) }
        return photos
    }

    private func planned(
        _ subject: EvaluationSubject, _ photos: [ReferencePhoto], _ prompts: [String], _ folder: String
    ) throws(EvaluationError) -> [Picture] {
        var planned: [Picture] = []
        for (index, prompt) in prompts.enumerated() {
            for sample in 1...settings.samples {
                let request = settings.request(
                    prompt, number: index + 1, sample: sample, references: photos.count, for: model)
                let record = GenerationRecord(
                    request: request, seed: request.seeds[0], modelName: model.defaults.name,
                    modelHash: modelHash,
                    references: request.mode == .none ? [] : photos.map(\.record),
                    precision: precision, version: version)
                let name = PictureFolder.name(number: index + 1, sample: sample)
                planned.append(
                    Picture(
                        number: index + 1, path: "\(folder)/\(subject.name)/\(name)", request: request,
                        parameters: record.parameters))
            }
        }
        return planned
    }

    private func isThere(_ picture: Picture) throws(EvaluationError) -> Bool {
        guard FileManager.default.fileExists(atPath: picture.path) else { return false }
        let texts: [PNGText]
        do { texts = try PNGTextReader.read(contentsOf: picture.path) } catch {
            throw .badImage(file: picture.path, reason: "\(error)")
        }
        guard texts.contains(where: { $0.keyword == Self.keyword && $0.text == picture.parameters }) else {
            throw .otherPicture(file: picture.path)
        }
        return true
    }

    /// Under the name whole or not at all.
    private func write(_ bytes: [UInt8], to path: String) throws(EvaluationError) {
        do { try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
            throw .unwritable(path, error)
        }
    }
}
