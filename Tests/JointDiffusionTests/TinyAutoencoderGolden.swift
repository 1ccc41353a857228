import Foundation
import Tensors
import TestSupport

/// A small TAESD in its authors' own files, and what diffusers makes with the same weights (make_taesd_goldens.py).
struct TinyAutoencoderGolden: Sendable {
    typealias Tensors = [(name: String, tensor: Tensor)]

    private struct Entry: Decodable {
        let key: String
        let shape: [Int]

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            key = try container.decode(String.self)
            shape = try container.decode([Int].self)
        }
    }

    /// `image` uint8 `[h, w, 3]` -> `encoded`; `latents` -> `decoded`, all but the first channels first.
    let outputs: GoldenTensors
    /// `encoder` and `decoder` -> key in the published file -> diffusers' key, shape.
    private let entries: [String: [String: Entry]]

    /// `goldens/taesd.*`.
    init(in goldens: URL) throws {
        outputs = try GoldenTensors(goldens.appendingPathComponent("taesd.safetensors"))
        entries = try JSONDecoder().decode(
            [String: [String: Entry]].self,
            from: Data(contentsOf: goldens.appendingPathComponent("taesd.json")))
    }

    /// The tensors of one half, named as in its file.
    /// - Parameter side: `encoder` or `decoder`.
    func tensors(_ side: String, prefix: String = "") -> Tensors {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        return (entries[side] ?? [:]).sorted { $0.key < $1.key }.map { name, entry in
            let values = HashedWeights.values(component: "vae", key: entry.key, shape: entry.shape)
            return (prefix + name, Tensor(values, shape: Shape(entry.shape), on: backend))
        }
    }
}
