import ControlAPI
import Foundation
import Images
import JointDiffusion
import Logging
import Tensors

/// The engine in this process: a checkpoint on the processor, on a thread of its own. The model loads when it is
/// first needed.
public actor DiffusionEngine: PictureEngine {
    private let source: ModelSource
    private let configuration: CPUConfiguration
    private let keysValues: EngineCachePlace?
    private let packedWeights: EngineCachePlace?
    private let hashes: ModelHashMemory?
    private let previewDecoder: String?
    private let logger = Logger(label: "engine")
    private let executor = ThreadExecutor(name: "engine")
    private let time: any TimeSource
    private let computing = Pulse()
    private var loaded: Loaded?

    private struct Loaded {
        let pipeline: Pipeline
        let hash: String
        let preview: LatentPreview
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - model: the checkpoint, and what is added to it.
    ///   - configuration: how the processor is used.
    ///   - keysValues: where what photos leave behind in the model is kept; nil: nowhere.
    ///   - packedWeights: where weights are kept as the processor reads them; nil: nowhere.
    ///   - hashes: the file that remembers models' hashes; nil: none does.
    ///   - previewDecoder: the tiny decoder that makes previews; nil: the model's own, if it has one.
    public init(
        model: ModelSource, configuration: CPUConfiguration, keysValues: EngineCachePlace? = nil,
        packedWeights: EngineCachePlace? = nil, hashes: String? = nil, previewDecoder: String? = nil
    ) {
        self.init(
            model: model, configuration: configuration, keysValues: keysValues, packedWeights: packedWeights,
            hashes: hashes, previewDecoder: previewDecoder, time: SystemTime())
    }

    init(
        model: ModelSource, configuration: CPUConfiguration, keysValues: EngineCachePlace? = nil,
        packedWeights: EngineCachePlace? = nil, hashes: String? = nil, previewDecoder: String? = nil,
        time: any TimeSource
    ) {
        self.keysValues = keysValues
        self.packedWeights = packedWeights
        self.previewDecoder = previewDecoder
        self.hashes = hashes.map { ModelHashMemory(path: $0) }
        source = model
        self.configuration = configuration
        self.time = time
    }

    public nonisolated var pulse: UInt64 { computing.count }

    public func describe() throws -> EngineDescription {
        let loaded = try load()
        let model = loaded.pipeline.model
        return EngineDescription(
            model: model.defaults.name, modelHash: identity(loaded.hash),
            defaultMode: model.defaults.mode.rawValue,
            width: model.width, height: model.height,
            memory: model.memory(precision: configuration.precision))
    }

    public func encodeReference(_ request: ReferenceRequest) throws -> EncodedReference {
        let pipeline = try load().pipeline
        let photo = try Self.photo(request.path, contentHash: request.contentHash)
        let latent = try photo.encoded(by: pipeline, width: request.width, height: request.height)
        return EncodedReference(
            shape: latent.shape.dimensions, latent: latent.elements, contentHash: photo.contentHash)
    }

    private static func photo(
        _ path: String, contentHash: String
    ) throws(PhotoRejection) -> PhotoFile {
        let photo = try PhotoFile(path: path)
        guard photo.contentHash == contentHash else {
            throw PhotoRejection("it changed while it was being read", fault: .changed)
        }
        return photo
    }

    /// Reads what the picture is started from.
    private func startingPicture(
        _ files: StartFiles, _ wanted: GenerationRequest, _ pipeline: Pipeline
    ) throws -> StartingPicture {
        func read(_ path: String, _ photo: PictureRequest.Reference) throws(PhotoRejection) -> (
            file: PhotoFile, image: RGBImage
        ) {
            do throws(PhotoRejection) {
                let file = try Self.photo(path, contentHash: photo.contentHash)
                return (file, try file.fitted(width: wanted.width, height: wanted.height))
            } catch {
                throw PhotoRejection(error.reason, fault: error.fault, contentHash: photo.contentHash)
            }
        }
        let photo = try read(files.photoPath, files.photos.photo)
        guard let path = files.maskPath, let name = files.photos.mask else {
            return try StartingPicture(photo: photo.image, by: pipeline)
        }
        let mask = try read(path, name)
        if let misfit = StartingPicture.misfit(mask: mask.file, photo: photo.file) {
            throw EngineFailure(misfit)
        }
        return try StartingPicture(photo: photo.image, mask: mask.image, by: pipeline)
    }

    public func generate(
        _ request: PictureRequest, references: [EncodedReference], resumingFrom checkpoint: StepCheckpoint?,
        event: @escaping @Sendable (PictureEvent) -> Void
    ) throws -> Picture {
        let loaded = try load()
        let pipeline = loaded.pipeline
        let model = pipeline.model
        let wanted = try generationRequest(for: request, model: model)
        try pipeline.validate(wanted)
        let known = references.map { reference in
            Pipeline.Reference(
                latent: Tensor(reference.latent, shape: Shape(reference.shape), on: model.backend),
                noiseSeed: PhotoFile.noiseSeed(contentHash: reference.contentHash),
                photo: reference.contentHash)
        }
        let starting = try request.start.map { try startingPicture($0, wanted, pipeline) }
        let identity = try pipeline.identity(
            of: wanted, references: known, start: starting?.start, context: resumingContext(loaded.hash))
        var course = PictureCourse(identity: identity, preview: loaded.preview, time: time)
        let latents = try pipeline.generate(
            wanted, references: known, start: starting?.start,
            from: checkpoint.flatMap { try? SamplingState($0.state, identity: identity, on: model.backend) }
        ) { step in
            for done in course.events(after: step, isCancelled: Task.isCancelled) { event(done) }
            try Task.checkCancellation()
        }
        var record = GenerationRecord(
            request: wanted, seed: UInt64(request.seed), modelName: model.defaults.name,
            modelHash: loaded.hash,
            references: wanted.mode == .none
                ? [] : request.references.map { .init(name: $0.name, hash: $0.contentHash) },
            precision: configuration.precision, version: "jedid \(ProductVersion.current)")
        record.adapters = source.adapters.map(\.shortName)
        if let photos = request.start?.photos {
            record.start = .init(name: photos.photo.name, hash: photos.photo.contentHash)
            record.mask = photos.mask.map { .init(name: $0.name, hash: $0.contentHash) }
        }
        var pixels = try pipeline.decode(latents)
        starting?.keepKnown(in: &pixels)
        return Picture(png: try PictureFile.png(pixels: pixels, record: record))
    }

    public func unload() {
        loaded = nil
    }

    /// What encoded references are good for: the model, in this precision as it is computed here.
    private func identity(_ hash: String) -> String {
        let precision = configuration.precision == .float32 ? "" : "-\(configuration.precision.rawValue)"
        return hash + precision + (configuration.usesIntegers ? "-integers" : "")
    }

    /// What decides the bits of a picture beside its request.
    private func resumingContext(_ hash: String) -> String {
        "\(ProductVersion.current) \(hash) \(configuration) \(configuration.usesIntegers)"
    }

    private func load() throws -> Loaded {
        if let loaded { return loaded }
        do {
            let backend = CPUBackend(configuration, packedWeights: packedWeightStore(), pulse: computing)
            let model = try DiffusionModel(source, on: backend)
            let beat = { [computing] in computing.beat() }
            let hash =
                try hashes?.hash(of: source, progress: beat) ?? ModelHash.compute(source, progress: beat)
            let pipeline = Pipeline(model)
            pipeline.memory = memory(identity(hash))
            let made = Loaded(pipeline: pipeline, hash: hash, preview: preview(of: model))
            loaded = made
            return made
        } catch let error as CancellationError {
            throw error
        } catch {
            throw EngineFailure("the model in \(source.path) cannot be loaded: \(error)")
        }
    }

    /// A decoder that cannot be used is no reason to make no pictures.
    private func preview(of model: DiffusionModel) -> LatentPreview {
        guard let previewDecoder else { return LatentPreview(of: model) }
        do { return try LatentPreview(of: model, decoder: previewDecoder) } catch {
            logger.warning(
                "preview_vae, \(previewDecoder), cannot be used, and previews are made without it: \(error)")
            return LatentPreview(of: model)
        }
    }

    /// Where that model's keys and values are kept. Pictures are made without it too.
    private func memory(_ model: String) -> Pipeline.Memory? {
        guard let keysValues else { return nil }
        do {
            // Where nothing may be kept this removes what was.
            let store = try KeysValuesStore(
                folder: keysValues.folder, budget: keysValues.bytes, leftFree: keysValues.leftFree
            ) { [logger] in logger.warning("\($0)") }
            return keysValues.bytes > 0 ? Pipeline.Memory(store: store, model: model) : nil
        } catch {
            logger.warning("what photos leave behind in the model is not kept: \(error)")
            return nil
        }
    }

    /// Where packed weights are kept. Pictures are made without it too.
    private func packedWeightStore() -> PackedWeightStore? {
        guard let packedWeights else { return nil }
        do {
            // Where nothing may be kept this removes what was.
            let store = try PackedWeightStore(
                folder: packedWeights.folder, budget: packedWeights.bytes, leftFree: packedWeights.leftFree
            ) { [logger] in logger.warning("\($0)") }
            return packedWeights.bytes > 0 ? store : nil
        } catch {
            logger.warning("packed weights are not kept: \(error)")
            return nil
        }
    }

    /// What the prompt says, and the model's defaults for the rest.
    private func generationRequest(for request: PictureRequest, model: DiffusionModel) throws
        -> GenerationRequest
    {
        let options = request.options
        var made = GenerationRequest(prompt: request.prompt, model: model, seeds: [UInt64(request.seed)])
        if let negative = options.negativePrompt { made.negativePrompt = negative }
        if let steps = options.steps { made.steps = steps }
        if let name = options.sampler { made.sampler = try SamplerKind(name: name) }
        if let name = options.mode {
            guard let mode = ReferenceMode(rawValue: name) else {
                let allowed = ReferenceMode.allCases.map(\.rawValue).joined(separator: ", ")
                throw EngineFailure("unknown mode \"\(name)\"; choose one of \(allowed)")
            }
            made.mode = mode
        }
        made.guide(prompt: options.guidance, references: options.imageGuidance)
        if let width = options.width { made.width = width }
        if let height = options.height { made.height = height }
        made.referenceTokens = options.referenceTokens
        if options.weights == true { made.hasWeights = true }
        made.clipSkip = options.clipSkip
        made.eta = options.eta
        made.deepEvery = options.deepEvery
        made.guidanceInterval = options.guidanceInterval
        made.strength = request.start.map {
            PictureStart.strength(options.strength, hasMask: $0.photos.mask != nil)
        }
        return made
    }
}
