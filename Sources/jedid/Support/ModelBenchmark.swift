import Foundation
import JointDiffusion
import Tensors

/// Times the networks of a model.
struct ModelBenchmark {
    let model: DiffusionModel
    let width: Int
    let height: Int
    let references: Int
    /// The share of their tokens that is attended to.
    let referenceTokens: Double
    let mode: ReferenceMode
    let repetitions: Int
    /// Whether the text encoder and the VAE are left out.
    let isUNetOnly: Bool

    func run() -> BenchmarkReport {
        let backend = model.backend
        let text = timeOfOthers {
            model.textEncoder([model.tokenizer.encode("a photo of the subject on a beach")])
        }
        let pixels = Tensor(normal: [1, height, width, 3], seed: 1, on: backend)
        let encode = timeOfOthers { model.vae.encode(pixels) }
        let plain = { forward(images: 1, coupling: .alone(images: 1)) }
        let withReferences = references > 0 && mode != .none ? forwardWithReferences() : nil
        let (forwards, profile) = forwards(plain, withReferences)
        backend.imagesPerPass = 1
        backend.trim()
        let latent = Tensor(
            normal: [1, height / model.vae.downscale, width / model.vae.downscale, model.vae.latentChannels],
            seed: 2, on: backend)
        let decode = timeOfOthers { model.vae.decode(latent) }
        let computing = (backend as? ProfilingBackend)?.base ?? backend
        let configuration = (computing as? CPUBackend)?.configuration
        return BenchmarkReport(
            model: model.defaults.name, width: width, height: height,
            threads: configuration?.threads ?? 0, precision: configuration?.precision.rawValue ?? "",
            mode: mode.rawValue,
            references: references, referenceTokens: referenceTokens, textEncoding: text, vaeEncode: encode,
            unetForward: forwards[0], unetForwardWithReferences: forwards.count > 1 ? forwards[1] : nil,
            vaeDecode: decode, peakMemoryBytes: Self.peakMemory,
            peak: profile == nil ? nil : peak(), profile: profile)
    }

    /// The most multiplications and additions in a second, in thousand millions, that a product reaches here, with the
    /// libraries and the precision that the model computes with: the best of some large ones.
    private func peak() -> Double {
        let side = 2048
        let weight = Parameter(
            name: "peak", value: Tensor(normal: [side, side], seed: 5, on: model.backend))
        let x = Tensor(normal: [side, side], seed: 6, on: model.backend)
        let seconds = (0..<6).map { _ in
            let start = ContinuousClock.now
            _ = x.linear(weight)
            return (ContinuousClock.now - start) / .seconds(1)
        }
        return 2 * Double(side * side * side) / (seconds.min() ?? .infinity) / 1e9
    }

    /// What the operations of a forward take, each the mean over some; nil where nobody asked.
    private func profiled(_ forward: () -> Tensor) -> [BenchmarkReport.Operation]? {
        guard let profiler = model.backend as? ProfilingBackend else { return nil }
        profiler.reset()
        for _ in 0..<repetitions { _ = forward() }
        let whole = profiler.profile.reduce(0) { $0 + $1.seconds }
        return profiler.profile.map { entry in
            BenchmarkReport.Operation(
                operation: entry.operation, shape: entry.shape, calls: entry.calls / repetitions,
                seconds: entry.seconds / Double(repetitions),
                gigaoperationsPerSecond: entry.operations > 0 ? entry.operations / entry.seconds / 1e9 : nil,
                share: entry.seconds / whole)
        }
    }

    private func forwardWithReferences() -> () -> Tensor {
        switch mode {
        case .none, .joint:
            let set = Coupling(sets: [Coupling.ImageSet(images: references + 1)])
            return { forward(images: references + 1, coupling: set) }
        case .cached:
            let entries = recorded()
            let selection = selection(of: entries)
            let chosen = selection.map { $0(entries) } ?? entries
            return { forwardOverBank(chosen) }
        case .matched:
            let selection = selection(of: recorded())
            return {
                let entries = recorded()
                return forwardOverBank(selection.map { $0(entries) } ?? entries)
            }
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

    /// The tokens that count most; nil where all are attended to.
    private func selection(of entries: [ReferenceKeysValues]) -> ReferenceTokenSelection? {
        guard referenceTokens < 1 else { return nil }
        let counter = ReferenceTokenCounter()
        _ = forwardOverBank(entries, counter: counter)
        return ReferenceTokenSelection(counter, share: referenceTokens)
    }

    private func forwardOverBank(
        _ entries: [ReferenceKeysValues], counter: ReferenceTokenCounter? = nil
    ) -> Tensor {
        forward(
            images: 1, coupling: Coupling(sets: [.init(images: 1, references: entries)], counter: counter))
    }

    private func forward(images: Int, coupling: Coupling) -> Tensor {
        model.backend.imagesPerPass = images
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

    /// Of a part that is not the U-Net; what it took of memory is given back.
    private func timeOfOthers(_ body: @escaping () -> Tensor) -> Double? {
        guard !isUNetOnly else { return nil }
        defer { model.backend.giveBack() }
        return times([body])[0]
    }

    /// Seconds of a plain forward and of one with references, and the profile of the one that matters more.
    private func forwards(_ plain: @escaping () -> Tensor, _ withReferences: (() -> Tensor)?) -> (
        [Double], [BenchmarkReport.Operation]?
    ) {
        if mode == .joint, let withReferences {
            // For sets weights have another form, which is not to be changed with every forward.
            let sets = times([withReferences])
            let profile = profiled(withReferences)
            return (times([plain]) + sets, profile)
        }
        // In turn, so that what else the machine does falls on both.
        let times = times([plain] + (withReferences.map { [$0] } ?? []))
        return (times, profiled(withReferences ?? plain))
    }

    /// Median seconds of each, in turn, after a warm-up.
    private func times(_ bodies: [() -> Tensor]) -> [Double] {
        for body in bodies { _ = body() }
        var times = bodies.map { _ in [Double]() }
        for _ in 0..<repetitions {
            for (index, body) in bodies.enumerated() {
                let start = ContinuousClock.now
                _ = body()
                times[index].append((ContinuousClock.now - start) / .seconds(1))
            }
        }
        return times.map { $0.sorted()[repetitions / 2] }
    }

    /// The most memory this process has held, mapped weights included.
    private static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
