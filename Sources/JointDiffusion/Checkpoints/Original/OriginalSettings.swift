import Foundation
import Tensors

/// What the tensors of a file in the original layout do not say: what the network predicts, the noise schedule's
/// end, the native size.
struct OriginalSettings {
    let scheduler: SchedulerConfiguration
    /// Native width and height, in latents.
    let latents: [Int]

    /// - Throws: where the file leaves open what a Stable Diffusion 2 network predicts, and where its noise
    ///   schedule is neither of the two that are known.
    init(file: SafetensorsFile, source: ModelSource, shapes: OriginalArchitecture) throws(CheckpointError) {
        let isVersion2 = shapes.isVersion2
        var (prediction, size) = try Self.written(source)
        prediction = prediction ?? Self.told(by: file) ?? (isVersion2 ? nil : .epsilon)
        guard let prediction else {
            throw .notOriginal(
                file: file.path,
                reason: "a Stable Diffusion 2 file does not say what its network predicts. Write into "
                    + "\(source.settingsFile) either {\"format\": 1, \"prediction_type\": \"epsilon\"} (the base "
                    + "models, 512x512) or {\"format\": 1, \"prediction_type\": \"v_prediction\"} (those of 768x768)"
            )
        }
        let native = isVersion2 && prediction == .velocity ? 96 : 64
        latents = size.map { $0.map { $0 / shapes.downscale } } ?? [native, native]
        if let size, size.contains(where: { $0 % shapes.downscale != 0 }) {
            throw .unsupportedConfig(
                file: source.settingsFile, key: "size", value: "\(size)",
                supported: "multiples of \(shapes.downscale)")
        }
        scheduler = try Self.scheduler(file, prediction)
    }

    /// From `NAME.jedi.json`.
    static func written(
        _ source: ModelSource
    ) throws(CheckpointError) -> (prediction: PredictionType?, size: [Int]?) {
        guard FileManager.default.fileExists(atPath: source.settingsFile) else { return (nil, nil) }
        let settings = try ConfigFile(path: source.settingsFile)
        var prediction: PredictionType?
        if settings["prediction_type"] != nil {
            let names = [PredictionType.epsilon, .velocity].map(\.rawValue)
            prediction = PredictionType(rawValue: try settings.string("prediction_type", among: names))
        }
        guard settings["size"] != nil else { return (prediction, nil) }
        return (prediction, try settings.ints("size", count: 2, in: 8...4096))
    }

    /// Some files say it, in their metadata or by an empty tensor.
    private static func told(by file: SafetensorsFile) -> PredictionType? {
        if file.shape(of: "v_pred") != nil { return .velocity }
        switch file.metadata["modelspec.prediction_type"] {
        case "v", "v_prediction": return .velocity
        case "epsilon", "eps": return .epsilon
        default: return nil
        }
    }

    private static func scheduler(
        _ file: SafetensorsFile, _ prediction: PredictionType
    ) throws(CheckpointError) -> SchedulerConfiguration {
        var plain = SchedulerConfiguration()
        plain.betaSchedule = .scaledLinear
        (plain.betaStart, plain.betaEnd) = (0.00085, 0.012)
        plain.predictionType = prediction
        plain.setsAlphaToOne = false
        plain.stepsOffset = 1
        plain.clipRange = nil
        var withoutSignal = plain
        withoutSignal.rescalesToZeroTerminalSNR = true
        withoutSignal.timestepSpacing = .trailing
        guard let kept = try alphas(file) else {
            return file.shape(of: "ztsnr") == nil ? plain : withoutSignal
        }
        // Half precision keeps three digits.
        for candidate in [plain, withoutSignal] {
            let known = NoiseSchedule(candidate).cumulativeAlphas
            if kept.count == known.count, zip(kept, known).allSatisfy({ abs($0 - $1) < 2e-3 }) {
                return candidate
            }
        }
        throw .notOriginal(
            file: file.path,
            reason:
                "its noise schedule ('alphas_cumprod') is not Stable Diffusion's; convert it to a diffusers folder"
        )
    }

    private static func alphas(_ file: SafetensorsFile) throws(CheckpointError) -> [Float]? {
        let name = "alphas_cumprod"
        guard file.shape(of: name) != nil else { return nil }
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        do {
            return try file.tensor(name, on: backend).float32.elements
        } catch SafetensorsError.unsupportedElementType {
            return nil
        } catch {
            throw .safetensors(error)
        }
    }
}
