import Tensors

/// From a prompt and references to latents and pixels.
///
/// Confined to one thread, like the model. Long calls report progress after every step through a closure
/// that may throw to end them.
public final class Pipeline {
    public let model: DiffusionModel
    /// Where what references leave behind is kept from picture to picture; nil: nowhere.
    public var memory: Memory?
    /// Bytes that a picture may take in the VAE to pass it whole; larger ones pass in squares.
    public var largestWhole = VAETiling.largestWhole
    private var backend: any Backend { model.backend }

    public init(_ model: DiffusionModel) { self.model = model }

    /// A store, and the hash of the model whose keys and values it keeps.
    public struct Memory {
        public let store: KeysValuesStore
        public let model: String

        public init(store: KeysValuesStore, model: String) {
            self.store = store
            self.model = model
        }
    }

    /// A photo as the model knows it.
    public struct Reference {
        /// Clean scaled latent `[1, h, w, c]`.
        public let latent: Tensor
        /// Where the photo's own noise comes from: fixed per photo, so that what it leaves behind can be kept.
        public let noiseSeed: UInt64
        /// The SHA-256 of the photo's bytes, in hexadecimal; nil: nothing of it is kept.
        public let photo: String?

        public init(latent: Tensor, noiseSeed: UInt64, photo: String? = nil) {
            self.latent = latent
            self.noiseSeed = noiseSeed
            self.photo = photo
        }
    }

    /// The noise a generation starts from.
    public struct Noise {
        /// `[T, h, w, c]`
        public let targets: Tensor
        /// `[R, h, w, c]`: in `joint` mode what references start from, in `matched` mode what they are noised with.
        public let references: Tensor?
        /// What samplers add after each step, of the shape of the walk's latents; nil: that of the seeds.
        public let steps: [Tensor]?

        public init(targets: Tensor, references: Tensor?, steps: [Tensor]? = nil) {
            self.targets = targets
            self.references = references
            self.steps = steps
        }
    }

    /// RGB bytes `[height, width, 3]` of the request's size -> scaled latent `[1, h, w, c]`.
    /// - Parameter tiling: how a large picture is cut.
    public func encode(
        pixels: [UInt8], width: Int, height: Int, tiling: VAETiling.Choice = .automatic
    ) -> Tensor {
        encode(pixels.map { Float($0) / 127.5 - 1 }, width: width, height: height, tiling: tiling)
    }

    /// The same of numbers in -1...1.
    func encode(
        _ values: [Float], width: Int, height: Int, tiling: VAETiling.Choice = .automatic
    ) -> Tensor {
        // As after decoding.
        defer { backend.giveBack() }
        let pixels = Tensor(values, shape: [1, height, width, 3], on: backend)
        let tiling = VAETiling.chosen(
            tiling, largest: largestWhole, bytesPerPixel: model.vae.bytesPerPixel, height: height,
            width: width)
        return tiling?.encode(pixels, by: model.vae) { backend.trim() } ?? model.vae.encode(pixels)
    }

    /// Scaled latent `[1, h, w, c]` -> RGB bytes `[height, width, 3]`.
    ///
    /// The VAE's activations are the largest of all; memory held for reuse makes room for them and is given back
    /// afterwards.
    /// - Parameter tiling: how a large picture is cut.
    public func decode(
        _ latent: Tensor, tiling: VAETiling.Choice = .automatic
    ) throws(GenerationError) -> [UInt8] {
        backend.giveBack()
        defer { backend.giveBack() }
        let tiling = VAETiling.chosen(
            tiling, largest: largestWhole, bytesPerPixel: model.vae.bytesPerPixel,
            height: latent.shape[1] * model.vae.downscale,
            width: latent.shape[2] * model.vae.downscale)
        let pixels =
            tiling?.decode(latent, by: model.vae) { backend.trim() } ?? model.vae.decode(latent)
        guard pixels.floats.allSatisfy(\.isFinite) else { throw notFinite("the decoded picture") }
        return pixels.floats.map { value in
            UInt8(((min(max(value, -1), 1) + 1) * 127.5).rounded(.toNearestOrEven))
        }
    }

    /// The seeds' noise, for a request and its references.
    public func noise(for request: GenerationRequest, references: [Reference]) -> Noise {
        Noise(
            targets: rows(request.seeds, for: request),
            references: references.isEmpty ? nil : rows(references.map(\.noiseSeed), for: request))
    }

    /// One row of noise for each seed.
    private func rows(_ seeds: [UInt64], for request: GenerationRequest) -> Tensor {
        let (h, w) = (request.height / model.vae.downscale, request.width / model.vae.downscale)
        let shape: Shape = [1, h, w, model.vae.latentChannels]
        return Tensor.concatenatingRows(seeds.map { Tensor(normal: shape, seed: $0, on: backend) })
    }

    /// Runs the sampler.
    /// - Parameters:
    ///   - start: a picture that the targets start from, or of which a part is made.
    ///   - noise: the start; by default that of the request's seeds.
    ///   - state: where an earlier run of the same request got to; the steps before it are not done again.
    ///   - progress: called after each step; may throw to end the walk.
    /// - Returns: scaled latents of the targets, `[T, h, w, c]`.
    public func generate(
        _ request: GenerationRequest, references: [Reference] = [], noise given: Noise? = nil,
        start: PictureStart? = nil, from state: SamplingState? = nil,
        progress: (GenerationStep) throws -> Void = { _ in }
    ) throws -> Tensor {
        try validate(request)
        let references = request.mode == .none ? [] : references
        let noise = given ?? self.noise(for: request, references: references)
        try check(noise, for: request, references: references.count)
        try check(start, for: request)
        // A walk that ends early gives its memory back here; a whole one is decoded next, which does.
        var isMade = false
        defer { if !isMade { backend.giveBack() } }

        // 1. What the references and the words are.
        let latents = references.isEmpty ? nil : Tensor.concatenatingRows(references.map(\.latent))
        let prompts = request.prompts ?? [request.prompt]
        let denoiser = Denoiser(
            unet: model.unet, takesKnownLatents: model.takesKnownLatents, mode: request.mode,
            captions: embed(["", request.negativePrompt] + prompts, for: request),
            promptRows: request.seeds.indices.map {
                Denoiser.firstPromptRow + (request.prompts == nil ? 0 : $0)
            },
            references: latents, area: start?.area)
        // What understood the words is not needed any more.
        backend.discardWeights()
        var bank = ReferenceBank(
            mode: request.mode, references: references, noise: noise.references,
            shelf: memory.map {
                ReferenceBank.Shelf(
                    store: $0.store, model: $0.model, clipSkip: request.clipSkip ?? 1, width: request.width,
                    height: request.height)
            })
        let guidance = Guidance(
            scale: request.guidance, imageScale: request.imageGuidance, interval: request.guidanceInterval)

        // 2. The set: in joint mode references are members of it, and come first.
        var sampler = try request.makeSampler(for: model)
        let known = request.mode == .joint ? references.count : 0
        var drawn = noise.targets
        if known > 0, let first = noise.references { drawn = Tensor.concatenatingRows([first, drawn]) }
        var x = Float(sampler.initialNoiseScale) * drawn
        let seeds = references.prefix(known).map(\.noiseSeed) + request.seeds

        // 3. Where the walk begins: at the noise, at a picture with noise on it, or where an earlier run got to.
        var (first, clean): (Int, Tensor?) = (0, nil)
        if let start {
            let targets = Array(repeating: start.latent, count: request.seeds.count)
            let whole = Tensor.concatenatingRows(references.prefix(known).map(\.latent) + targets)
            clean = whole
            first = PictureStart.firstStep(of: sampler.count, strength: request.strength ?? 1)
            // Where a part is made anew altogether, nothing of what was there shows through.
            if first > 0 || start.area == nil { x = sampler.noised(whole, drawn, at: first) }
        }
        let plan = WalkPlan(
            first: first,
            branches: sampler.noiseLevels.map {
                guidance.branches(noiseLevel: $0, hasReferences: !references.isEmpty)
            }, countsTokens: request.referenceTokens != nil, deepEvery: request.deepEvery)
        if let state {
            guard first...sampler.count ~= state.step, plan.canGoOn(from: state.step),
                ([state.latents] + state.history).allSatisfy({ $0.shape == x.shape })
            else { throw GenerationError.foreignState }
            x = state.latents
            sampler.history = state.history
        }

        // 4. The walk.
        let deep = request.deepEvery.flatMap { $0 > 1 ? DeepFeatures() : nil }
        var resumable = SamplingState(step: state?.step ?? first, latents: x, history: sampler.history)
        for step in (state?.step ?? first)..<sampler.count {
            let branches = plan.branches[step]
            let timestep = sampler.timesteps[step]
            let counter =
                plan.isCounted(step) && branches.contains(where: \.seesReferences)
                ? ReferenceTokenCounter() : nil
            if counter != nil { bank.select(nil) }
            let entries = bank.entries(at: step, of: sampler) { denoiser.record($0, $1, timestep: $2) }
            deep?.beginStep(renewing: plan.isRenewed(step))
            backend.imagesPerPass = request.mode == .joint ? x.shape[0] : 1
            let outputs = denoiser.predictions(
                sampler.scaledInput(x, at: step), timestep: timestep, branches: branches, entries: entries,
                counter: counter, deep: deep)
            backend.imagesPerPass = 1
            if let counter, let share = request.referenceTokens {
                bank.select(ReferenceTokenSelection(counter, share: share))
            }
            let output = combined(outputs, branches, guidance, known: known)
            let before = (x: x, sampler: sampler)
            x = sampler.step(output, at: step, x)
            let added = sampler.addedNoise(at: step)
            if added > 0 {
                // Drawn for the step alone, so that a walk that is gone on with meets the same.
                let fresh =
                    noise.steps?[step]
                    ?? rows(seeds.map { RandomSource.seed($0, stream: step) }, for: request)
                x = x + Float(added) * fresh
            }
            if let area = start?.area, let clean, !model.takesKnownLatents {
                // A network that knows no masks is shown the known part as it would be at the next step.
                let isLast = step == sampler.count - 1
                let shown = isLast ? clean : sampler.noised(clean, drawn, at: step + 1)
                let targets = known..<x.shape[0]
                x = Tensor.concatenatingRows(
                    (known > 0 ? [x[rows: 0..<known]] : [])
                        + [area.blended(x[rows: targets], shown[rows: targets])])
            }
            if plan.canGoOn(from: step + 1) {
                resumable = SamplingState(step: step + 1, latents: x, history: sampler.history)
            }
            let total = sampler.count - first
            try progress(
                GenerationStep(
                    progress: GenerationProgress(step: step + 1 - first, total: total), state: resumable,
                    stateProgress: GenerationProgress(step: resumable.step - first, total: total)
                ) {
                    let clean = before.sampler.cleanLatent(output, at: step, before.x)
                    return clean[rows: known..<clean.shape[0]]
                })
        }
        guard x.floats.allSatisfy(\.isFinite) else {
            throw notFinite("the latent after \(sampler.count) steps")
        }
        isMade = true
        return x[rows: known..<x.shape[0]]
    }

    /// Guides the targets; references are known and keep the full branch's output.
    private func combined(
        _ outputs: [Tensor], _ branches: [GuidanceBranch], _ guidance: Guidance, known: Int
    ) -> Tensor {
        let targets = zip(branches, outputs).map { branch, output in
            (branch, branch.seesReferences ? output[rows: known..<output.shape[0]] : output)
        }
        let guided = guidance.combine(targets)
        guard known > 0, let full = zip(branches, outputs).first(where: { $0.0 == .full }) else {
            return guided
        }
        return Tensor.concatenatingRows([full.1[rows: 0..<known], guided])
    }

    /// The weight that is to blame, or else the numbers on their way.
    private func notFinite(_ what: String) -> GenerationError {
        guard let weight = model.nonFiniteWeight() else { return .notFinite(what: what) }
        return .damagedWeight(file: weight.file, tensor: weight.tensor)
    }

    private func embed(_ captions: [String], for request: GenerationRequest) -> Tensor {
        let skipped = (request.clipSkip ?? 1) - 1
        guard request.hasWeights == true else {
            return model.textEncoder(captions.map { model.tokenizer.encode($0) }, skipping: skipped)
        }
        let encoded = captions.map { model.tokenizer.encode(WeightedPrompt($0)) }
        return model.textEncoder(encoded.map(\.ids), skipping: skipped).weighted(encoded.map(\.weights))
    }

    /// Refuses what `generate` would refuse, before anything is encoded for it.
    public func validate(_ request: GenerationRequest) throws {
        let multiple = model.vae.downscale
        for extent in [request.width, request.height] {
            guard extent >= multiple, extent <= 4096, extent % multiple == 0 else {
                throw GenerationError.size(width: request.width, height: request.height, multiple: multiple)
            }
        }
        guard !request.seeds.isEmpty else { throw GenerationError.noPictures }
        if let prompts = request.prompts, prompts.count != request.seeds.count {
            throw GenerationError.prompts(prompts.count, pictures: request.seeds.count)
        }
        if let strength = request.strength, !(strength > 0 && strength <= 1) {
            throw GenerationError.strength(strength)
        }
        if let share = request.referenceTokens {
            guard share > 0, share <= 1 else { throw GenerationError.referenceTokens(share) }
            guard request.mode != .joint else { throw GenerationError.referenceTokensInJointMode }
        }
        if let count = request.deepEvery, !(1...100 ~= count) { throw GenerationError.deepEvery(count) }
        let layers = model.textEncoder.configuration.layers
        if let clipSkip = request.clipSkip, !(1...max(layers, 1) ~= clipSkip) {
            throw GenerationError.clipSkip(clipSkip, layers: layers)
        }
        _ = try request.makeSampler(for: model)
    }

    private func check(_ start: PictureStart?, for request: GenerationRequest) throws(GenerationError) {
        guard let start else { return }
        let shape = Shape([
            1, request.height / model.vae.downscale, request.width / model.vae.downscale,
            model.vae.latentChannels,
        ])
        for (tensor, wanted) in [
            (start.latent, shape), (start.area?.known ?? start.latent, shape),
            (start.area?.mask ?? start.latent, start.area == nil ? shape : shape.replacingLast(with: 1)),
        ] where tensor.shape != wanted {
            throw .start(expected: "\(wanted)", actual: "\(tensor.shape)")
        }
    }

    private func check(_ noise: Noise, for request: GenerationRequest, references: Int)
        throws(GenerationError)
    {
        let inner = [
            request.height / model.vae.downscale, request.width / model.vae.downscale,
            model.vae.latentChannels,
        ]
        let targets = Shape([request.seeds.count] + inner)
        guard noise.targets.shape == targets else {
            throw .noise(expected: "targets \(targets)", actual: "\(noise.targets.shape)")
        }
        guard references > 0, request.mode == .joint || request.mode == .matched else { return }
        let known = Shape([references] + inner)
        guard noise.references?.shape == known else {
            throw .noise(
                expected: "references \(known)",
                actual: noise.references.map { "\($0.shape)" } ?? "none for references")
        }
    }
}
