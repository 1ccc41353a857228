import Images
import JointDiffusion
import SyntheticSubjects
import Tensors

/// One thread's model and judge.
final class ToyboxWorker {
    private let measure: ToyboxMeasure
    private let pipeline: Pipeline?
    private let examiner: ToyboxExaminer
    private let size: Int

    init(_ measure: ToyboxMeasure) throws {
        self.measure = measure
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        examiner = ToyboxExaminer(judge: try JudgeFile.load(measure.judge, on: backend), on: backend)
        let model = try measure.model.map {
            try DiffusionModel(
                folder: $0,
                on: CPUBackend(
                    CPUConfiguration(threads: 1, precision: measure.precision, narrows: true)))
        }
        size = try measure.size(of: model)
        pipeline = model.map { Pipeline($0) }
    }

    /// The verdicts of `ToyboxReport.controls`, then of every setup.
    func outcome(of number: Int) throws -> ToyboxMeasure.Outcome {
        let trial = ToyboxTrial(number, seed: measure.seed)
        let references = trial.references(ToyboxTrial.maximumReferences, size: size)
        let desk = examiner.desk(for: trial, references: references)
        // 1. What is right, and what is not.
        let truth = trial.truth(size: size)
        var pictures = [truth, Self.pasted(references[0], seed: UInt64(number))]
        // 2. What the model makes of it. References are encoded once.
        if let pipeline {
            pictures.insert(self.reconstruction(truth, pipeline), at: 1)
            let most = measure.setups.map(\.references).max() ?? 0
            let seed = RandomSource.seed(measure.seed, stream: number)
            let known = references.prefix(most).enumerated().map { place, image in
                Pipeline.Reference(
                    latent: pipeline.encode(pixels: image.pixels, width: size, height: size),
                    noiseSeed: RandomSource.seed(seed, stream: place))
            }
            for setup in measure.setups {
                pictures.append(
                    try picture(setup, trial.prompt, known: known, seed: seed, by: pipeline))
            }
        }
        var outcome = ToyboxMeasure.Outcome(
            trial: number, verdicts: pictures.map { examiner.verdict($0, at: desk) })
        if number < measure.shown {
            let most = measure.setups.map(\.references).max() ?? ToyboxTrial.maximumReferences
            outcome.references = Array(references.prefix(most))
            outcome.pictures = pictures
        }
        return outcome
    }

    private func picture(
        _ setup: ToyboxSetup, _ prompt: String, known: [Pipeline.Reference], seed: UInt64,
        by pipeline: Pipeline
    ) throws -> RGBImage {
        var request = GenerationRequest(prompt: prompt, model: pipeline.model, seeds: [seed])
        request.mode = setup.mode
        request.guidance = setup.guidance
        request.imageGuidance = setup.imageGuidance
        request.steps = measure.steps ?? request.steps
        request.sampler = measure.sampler ?? request.sampler
        (request.width, request.height) = (size, size)
        let latent = try pipeline.generate(request, references: Array(known.prefix(setup.references)))
        return RGBImage(width: size, height: size, pixels: try pipeline.decode(latent))
    }

    private func reconstruction(_ image: RGBImage, _ pipeline: Pipeline) -> RGBImage {
        let latent = pipeline.encode(pixels: image.pixels, width: size, height: size)
        let values = pipeline.model.vae.decode(latent).floats
        return RGBImage(
            width: size, height: size,
            pixels: values.map { UInt8((min(max($0.isNaN ? 0 : $0, -1), 1) + 1) * 127.5) })
    }

    /// A reference over again: moved and scaled a little, with a little noise.
    static func pasted(_ image: RGBImage, seed: UInt64) -> RGBImage {
        var random = RandomSource(seed: ~seed)
        let side = Double(image.width)
        let extent = side * random.number(0.93...1.07)
        let left = (side - extent) / 2 + side * random.number(-0.05...0.05)
        let top = (side - extent) / 2 + side * random.number(-0.05...0.05)
        let moved = JudgePixels(image, side: image.width).window(
            left: Float(left), top: Float(top), extent: Float(extent), side: image.width)
        let noise = random.normals(moved.values.count)
        return RGBImage(
            width: image.width, height: image.width,
            pixels: zip(moved.values, noise).map { value, noise in
                UInt8((min(max(value + 0.05 * noise, -1), 1) + 1) * 127.5)
            })
    }
}
