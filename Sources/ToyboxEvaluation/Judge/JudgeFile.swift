import Foundation
import JointDiffusion
import SyntheticSubjects
import Tensors

/// A judge's weights as one safetensors file: half precision, with what it was made for in the metadata.
public enum JudgeFile {
    /// Where a source tree has the judge that comes with it.
    public static let `default` = "Models/toybox-judge/judge.safetensors"

    private static let format = "toybox-judge-2"

    static func write(
        _ parameters: [(name: String, tensor: Tensor)], configuration: ToyboxJudge.Configuration,
        settings: JudgeTraining.Settings, to path: String
    ) throws {
        let halves = parameters.map { (name: $0.name, tensor: $0.tensor.roundedToHalf()) }
        let metadata = [
            "format": format, "channels": configuration.channels.map(String.init).joined(separator: ","),
            "width": "\(configuration.width)", "scenes": scenes, "steps": "\(settings.steps)",
            "seed": "\(settings.seed)",
        ]
        do { try SafetensorsWriter.write(halves, metadata: metadata, to: path) } catch {
            throw ToyboxEvaluationError.unwritable(file: path, reason: "\(error)")
        }
    }

    /// Loads a judge that was trained for the scenes that there are.
    public static func load(_ path: String, on backend: any Backend) throws -> ToyboxJudge {
        guard FileManager.default.fileExists(atPath: path) else {
            throw ToyboxEvaluationError.noJudge(file: path)
        }
        func foreign(_ reason: String) -> ToyboxEvaluationError {
            .foreignJudge(file: path, reason: reason)
        }
        let file: SafetensorsFile
        do { file = try SafetensorsFile(path: path) } catch { throw foreign(error.description) }
        guard file.metadata["format"] == format else { throw foreign("its metadata has no '\(format)'") }
        let channels = (file.metadata["channels"] ?? "").split(separator: ",").compactMap { Int($0) }
        guard channels.count == 4, channels.allSatisfy({ (1...4096).contains($0) }),
            let width = file.metadata["width"].flatMap({ Int($0) }), (1...4096).contains(width)
        else { throw foreign("its metadata has no 'channels' and 'width'") }
        guard file.metadata["scenes"] == scenes else {
            throw foreign("it knows other scenes than the toybox has now")
        }
        let weights = Weights(file, on: backend)
        do {
            let judge = try ToyboxJudge(
                ToyboxJudge.Configuration(channels: channels, width: width), ParameterScope(weights))
            guard weights.taken.count == file.names.count else {
                throw foreign("it has tensors that no judge has")
            }
            return judge
        } catch let error as CheckpointError { throw foreign("\(error)") }
    }

    private static var scenes: String { ToyboxScene.allCases.map(\.rawValue).joined(separator: ",") }

    private final class Weights: ParameterSource {
        private let file: SafetensorsFile
        private let backend: any Backend
        private(set) var taken: Set<String> = []

        init(_ file: SafetensorsFile, on backend: any Backend) { (self.file, self.backend) = (file, backend) }

        func parameter(_ key: String, shape: Shape) throws(CheckpointError) -> Parameter {
            let value: Tensor
            do { value = try file.tensor(key, on: backend) } catch { throw .safetensors(error) }
            guard value.shape == shape else {
                throw .wrongShape(file: file.path, tensor: key, expected: shape, actual: value.shape)
            }
            taken.insert(key)
            return Parameter(name: key, value: value)
        }
    }
}
