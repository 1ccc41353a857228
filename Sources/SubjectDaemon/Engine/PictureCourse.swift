import Images
import JointDiffusion

/// What is told after the steps of one picture: each step, and once in a while more.
struct PictureCourse {
    /// Between two checkpoints, and between two previews: not longer than a person minds to lose or to wait.
    static let interval: Duration = .seconds(1)
    /// A preview's longer side, in pixels, unless it has more latents.
    static let previewSide = 192

    private let identity: [UInt8]
    private let preview: LatentPreview
    private var lastCheckpoint: Duration
    private var lastPreview: Duration

    /// A picture begins, or is gone on with.
    init(identity: [UInt8], preview: LatentPreview, at now: Duration) {
        self.identity = identity
        self.preview = preview
        lastCheckpoint = now
        lastPreview = now
    }

    /// What is to be told after a step. A picture that is about to end early leaves a checkpoint in any case.
    mutating func events(after step: GenerationStep, at now: Duration, isCancelled: Bool) -> [PictureEvent] {
        let progress = StepProgress(step: step.progress.step, total: step.progress.total)
        var events: [PictureEvent] = [.step(progress)]
        let kept = StepProgress(step: step.stateProgress.step, total: step.stateProgress.total)
        if kept.step > 0, isCancelled || now - lastCheckpoint >= Self.interval {
            lastCheckpoint = now
            events.append(
                .checkpoint(StepCheckpoint(progress: kept, state: step.state.bytes(identity: identity))))
        }
        // The last one would come together with the picture.
        if !isCancelled, progress.step < progress.total, now - lastPreview >= Self.interval {
            lastPreview = now
            if let png = Self.png(preview.image(of: step.cleanLatents)) {
                events.append(.preview(PicturePreview(progress: progress, png: png)))
            }
        }
        return events
    }

    /// A preview is no reason to fail.
    private static func png(_ image: LatentPreview.Image?) -> [UInt8]? {
        guard let image else { return nil }
        let scale = max(1, previewSide / max(image.width, image.height))
        let small = RGBImage(width: image.width, height: image.height, pixels: image.pixels)
        return try? PNGEncoder.encode(
            small.croppedToFill(width: image.width * scale, height: image.height * scale), text: [])
    }
}
