import ControlAPI
import FoundationEssentials
import Logging

/// Makes one job's picture: reads or encodes its references, runs the engine from where it got to, and keeps how
/// far it is.
struct PictureMaker: Sendable {
    let live: LiveConfiguration
    let cache: ReferenceCache
    let session: EngineSession
    let files: FileThread
    let board: RunBoard
    let checkpoints: CheckpointFolder
    let previews: PreviewKeeper
    let counters: RunCounters
    let time: any TimeSource
    let logger: Logger

    /// From one keeping of a checkpoint to the next.
    static let checkpointInterval: Duration = .seconds(1)

    /// Makes it.
    ///
    /// However it ends, the newest checkpoint is kept by then.
    func make(_ plan: PlannedJob, _ description: EngineDescription) async throws -> Picture {
        let folder = OutputFolder(root: live.current.root, subject: plan.subject)
        try await files.run { try folder.prepare() }
        let references = try await encoded(plan, description)
        let request = PictureRequest(plan, start: try await startFiles(plan))
        let kind = StepTimes.Kind(
            plan, modelHash: description.modelHash, defaultWidth: description.width,
            defaultHeight: description.height, defaultMode: description.defaultMode)
        let earlier = try await files.run { [checkpoints] in checkpoints.load(plan.key) }
        if let earlier {
            counters.count { $0.resumed += 1 }
            logger.notice(
                "\(plan.subject): job \(plan.shortID) goes on after step \(earlier.progress.step) of \(earlier.progress.total)"
            )
        }
        let keeper = LatestFile<StepCheckpoint>(interval: Self.checkpointInterval, time: time) {
            [files, checkpoints] checkpoint in
            try? await files.run { checkpoints.store(checkpoint, for: plan.key) }
        }
        board.beginSteps(of: kind, at: time.now.uptime)
        do {
            let picture = try await session.engine.generate(
                request, references: references, resumingFrom: earlier
            ) { [board, counters, previews, time] event in
                switch event {
                case .step(let progress):
                    board.advance(progress, at: time.now.uptime)
                    counters.count { $0.steps += 1 }
                case .checkpoint(let checkpoint): keeper.offer(checkpoint)
                case .preview(let preview): previews.offer(preview)
                }
            }
            await keeper.flush()
            return picture
        } catch {
            await keeper.flush()
            guard let rejection = error as? PhotoRejection,
                let photo = plan.start?.all.first(where: { $0.contentHash == rejection.contentHash })
            else { throw error }
            throw PhotoFault(photo: photo, rejection: rejection)
        }
    }

    // MARK: What it starts from

    /// Where the photo to start from and its mask lie now.
    private func startFiles(_ plan: PlannedJob) async throws -> StartFiles? {
        guard let photos = plan.start else { return nil }
        var mask: String?
        if let photo = photos.mask { mask = try await path(of: photo, in: plan.subject) }
        return StartFiles(
            photos: photos, photoPath: try await path(of: photos.photo, in: plan.subject),
            maskPath: mask)
    }

    private func path(of photo: PictureRequest.Reference, in subject: String) async throws -> String {
        let root = live.current.root
        let path = try await files.run { FolderScanner.resolve(photo.name, of: subject, root: root) }
        guard let path else {
            throw PhotoFault(photo: photo, rejection: PhotoRejection("the file is gone", fault: .changed))
        }
        return path
    }

    // MARK: References

    /// The job's references in its order, from the cache where they are there.
    private func encoded(_ plan: PlannedJob, _ description: EngineDescription) async throws
        -> [EncodedReference]
    {
        var references: [EncodedReference] = []
        for photo in plan.references {
            let key = ReferenceKey(
                contentHash: photo.contentHash, modelHash: description.modelHash,
                width: plan.options.width ?? description.width,
                height: plan.options.height ?? description.height)
            if let kept = try await files.run({ [cache] in cache.load(key) }) {
                counters.count { $0.cacheHits += 1 }
                references.append(kept)
                continue
            }
            counters.count { $0.cacheMisses += 1 }
            try Task.checkCancellation()
            let reference = try await encode(photo, of: plan.subject, key)
            counters.count { $0.photosEncoded += 1 }
            try await files.run { [cache] in cache.store(reference, for: key) }
            references.append(reference)
        }
        return references
    }

    private func encode(
        _ photo: PictureRequest.Reference, of subject: String, _ key: ReferenceKey
    ) async throws -> EncodedReference {
        let path = try await path(of: photo, in: subject)
        do {
            return try await session.engine.encodeReference(
                ReferenceRequest(
                    path: path, contentHash: photo.contentHash, width: key.width, height: key.height))
        } catch let rejection as PhotoRejection {
            throw PhotoFault(photo: photo, rejection: rejection)
        }
    }
}

extension PictureRequest {
    /// What the engine is asked for a job. The same at every attempt.
    init(_ plan: PlannedJob, start: StartFiles? = nil) {
        self.init(
            subject: plan.subject, jobID: plan.shortID, prompt: plan.prompt, seed: plan.seed,
            options: plan.options,
            references: plan.references, start: start)
    }
}
