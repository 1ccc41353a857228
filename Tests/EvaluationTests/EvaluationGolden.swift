import Foundation
import Images
import TestSupport
import Tensors

/// The goldens of make_evaluation_goldens.py: small checkpoints, and the pictures it made its own from.
enum EvaluationGolden {
    static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    static let tokenizer = tests.deletingLastPathComponent().appendingPathComponent(
        "JointDiffusionTests/Goldens/tokenizer")

    static func tensors(_ file: String) throws -> GoldenTensors {
        try GoldenTensors(tests.appendingPathComponent("Goldens/\(file).safetensors"))
    }

    /// A tensor's key and its numbers, as they will be written.
    typealias Weights = [(name: String, tensor: Tensor)]

    private struct Record: Decodable {
        let kind: String
        let shapes: [String: [Int]]
    }

    /// Writes a checkpoint as transformers lays it out, into a folder that is gone afterwards.
    /// - Parameters:
    ///   - type: of the weights; those of 16 bits are rounded towards zero to bfloat16 first, and are the same in all.
    ///   - spoil: changes the weights before they are written.
    static func withCheckpoint<Result>(
        _ name: String, type: ElementType? = nil, spoil: (inout Weights) -> Void = { _ in },
        _ body: (URL) throws -> Result
    ) throws -> Result {
        let data = try Data(contentsOf: tests.appendingPathComponent("Goldens/checkpoints.json"))
        guard let record = try JSONDecoder().decode([String: Record].self, from: data)[name],
            let all = try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]],
            let config = all[name]?["config"]
        else { throw CocoaError(.fileReadCorruptFile) }
        let files = FileManager.default
        let folder = files.temporaryDirectory.appendingPathComponent("\(name)-\(UUID().uuidString)")
        defer { try? files.removeItem(at: folder) }
        if record.kind == "clip" {
            try files.copyItem(at: tokenizer, to: folder)
        } else {
            try files.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        try JSONSerialization.data(withJSONObject: config).write(
            to: folder.appendingPathComponent("config.json"))
        let backend = CPUBackend()
        var weights: Weights = record.shapes.sorted { $0.key < $1.key }.map { key, shape in
            let values = HashedWeights.values(component: name, key: key, shape: shape)
            guard let type else { return (key, Tensor(values, shape: Shape(shape), on: backend)) }
            return (key, rounded(values, Shape(shape), type, backend))
        }
        spoil(&weights)
        try SafetensorsWriter.write(weights, to: folder.appendingPathComponent("model.safetensors").path)
        return try body(folder)
    }

    /// Numbers that all three types hold, but for float16's smallest, stored as `type`.
    private static func rounded(
        _ values: [Float], _ shape: Shape, _ type: ElementType, _ backend: CPUBackend
    ) -> Tensor {
        let rounded = values.map { value in
            let short = Float(bitPattern: value.bitPattern & 0xFFFF_0000)
            return abs(short) < 0x1p-6 ? 0 : short
        }
        let tensor = Tensor(uninitialized: shape, elementType: type, on: backend)
        for (index, value) in rounded.enumerated() {
            switch type {
            case .float32:
                tensor.rawPointer.storeBytes(of: value, toByteOffset: 4 * index, as: Float.self)
            case .float16:
                let bits = Float16(value).bitPattern
                tensor.rawPointer.storeBytes(of: bits, toByteOffset: 2 * index, as: UInt16.self)
            case .bfloat16:
                let bits = UInt16(value.bitPattern >> 16)
                tensor.rawPointer.storeBytes(of: bits, toByteOffset: 2 * index, as: UInt16.self)
            }
        }
        return tensor
    }

    /// Noise in every third line, a ramp in the others.
    static func picture(_ name: String, _ width: Int, _ height: Int) -> RGBImage {
        let seed = HashedWeights.seed(component: "picture", key: name)
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<3 {
                    let noise = (HashedWeights.uniform(seed: seed, index: pixels.count) + 1) * 128
                    pixels.append(y % 3 == 0 ? UInt8(noise) : UInt8((5 * x + 3 * y + 70 * channel) % 256))
                }
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// A soft disc: white in the middle, grey at its rim.
    static func mask(_ width: Int, _ height: Int) -> RGBImage {
        let levels = (0..<width * height).map { index in
            let (x, y) = (2 * (index % width) - width, 2 * (index / width) - height)
            let distance = x * x + y * y
            return distance < 400 ? 255 : distance < 900 ? 100 : 0 as UInt8
        }
        return RGBImage(width: width, height: height, pixels: levels.flatMap { [$0, $0, $0] })
    }
}
