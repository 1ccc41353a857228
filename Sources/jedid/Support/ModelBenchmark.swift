import Foundation
import JointDiffusion
import Tensors

/// Times the networks of a model.
struct ModelBenchmark {
    let model: DiffusionModel
    let width: Int
    let height: Int
    let references: Int
    let mode: ReferenceMode
    let repetitions: Int

    func run() -> BenchmarkReport {
        let backend = model.backend
        let text = time { model.textEncoder([model.tokenizer.encode("a photo of the subject on a beach")]) }
        let pixels = Tensor(normal: [1, height, width, 3], seed: 1, on: backend)
        let encode = time { model.vae.encode(pixels) }
        backend.trim()
        let plain = time { forward(images: 1, coupling: .alone(images: 1)) }
        let withReferences = references > 0 && mode != .none ? timeWithReferences() : nil
        backend.trim()
        let latent = Tensor(
            normal: [1, height / model.vae.downscale, width / model.vae.downscale, model.vae.latentChannels],
            seed: 2, on: backend)
        let decode = time { model.vae.decode(latent) }
        let configuration = (backend as? CPUBackend)?.configuration
        return BenchmarkReport(
            model: model.defaults.name, width: width, height: height,
            threads: configuration?.threads ?? 0, precision: configuration?.precision.rawValue ?? "",
            mode: mode.rawValue,
            references: references, textEncoding: text, vaeEncode: encode, unetForward: plain,
            unetForwardWithReferences: withReferences, vaeDecode: decode, peakMemoryBytes: Self.peakMemory)
    }

    private func timeWithReferences() -> Double {
        switch mode {
        case .none, .joint:
            let set = Coupling(sets: [Coupling.ImageSet(images: references + 1)])
            return time { forward(images: references + 1, coupling: set) }
        case .cached:
            let entries = recorded()
            return time { forwardOverBank(entries) }
        case .matched:
            return time { forwardOverBank(recorded()) }
        }
    }

    /// What the references leave behind, each passing alone.
    private func recorded() -> [ReferenceKeysValues] {
        (0..<references).flatMap { _ in
            let recorder = ReferenceRecorder()
            _ = forward(images: 1, coupling: .alone(images: 1, recorder: recorder))
            return recorder.references()
        }
    }

    private func forwardOverBank(_ entries: [ReferenceKeysValues]) -> Tensor {
        forward(images: 1, coupling: Coupling(sets: [.init(images: 1, references: entries)]))
    }

    private func forward(images: Int, coupling: Coupling) -> Tensor {
        let configuration = model.unet.configuration
        let (h, w) = (height / model.vae.downscale, width / model.vae.downscale)
        let input = Tensor(normal: [images, h, w, configuration.inChannels], seed: 3, on: model.backend)
        let tokens = model.tokenizer.maximumLength
        let context = Captions(
            embeddings: Tensor(
                normal: [1, tokens, configuration.crossAttentionWidth], seed: 4, on: model.backend),
            ofImage: Array(repeating: 0, count: images))
        return model.unet(
            input, timesteps: Array(repeating: 500, count: images), context: context, coupling: coupling)
    }

    /// Median seconds, after a warm-up.
    private func time(_ body: () -> Tensor) -> Double {
        _ = body()
        let times = (0..<repetitions).map { _ in
            let start = ContinuousClock.now
            _ = body()
            return (ContinuousClock.now - start) / .seconds(1)
        }
        return times.sorted()[repetitions / 2]
    }

    /// The most memory this process has held, mapped weights included.
    private static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}

/// Seconds for each part, and bytes.
struct BenchmarkReport: Encodable {
    let model: String
    let width: Int
    let height: Int
    let threads: Int
    let precision: String
    let mode: String
    let references: Int
    let textEncoding: Double
    let vaeEncode: Double
    let unetForward: Double
    let unetForwardWithReferences: Double?
    let vaeDecode: Double
    let peakMemoryBytes: Int

    enum CodingKeys: String, CodingKey {
        case model, width, height, threads, precision, mode, references
        case textEncoding = "text_encoding_s"
        case vaeEncode = "vae_encode_s"
        case unetForward = "unet_forward_s"
        case unetForwardWithReferences = "unet_forward_with_references_s"
        case vaeDecode = "vae_decode_s"
        case peakMemoryBytes = "peak_memory_bytes"
    }

    /// For people.
    var table: String {
        var rows = [
            ("text encoding", seconds(textEncoding)), ("VAE encode", seconds(vaeEncode)),
            ("U-Net forward", seconds(unetForward)),
        ]
        if let unetForwardWithReferences {
            let ratio = String(format: "%.2f", unetForwardWithReferences / unetForward)
            rows.append(
                (
                    "with \(references) reference\(references == 1 ? "" : "s"), \(mode)",
                    "\(seconds(unetForwardWithReferences))  (\(ratio) x plain)"
                ))
        }
        rows.append(("VAE decode", seconds(vaeDecode)))
        rows.append(("peak memory", "\(peakMemoryBytes >> 20) MiB"))
        let wide = rows.map(\.0.count).max() ?? 0
        return
            (["\(model), \(width)x\(height), \(precision), \(threads) thread\(threads == 1 ? "" : "s")"]
            + rows.map { $0.0.padding(toLength: wide + 2, withPad: " ", startingAt: 0) + $0.1 })
            .joined(separator: "\n")
    }

    private func seconds(_ value: Double) -> String { String(format: "%8.4f s", value) }
}
