import JointDiffusion

/// What is told after the steps of one picture: each step, and once in a while more.
struct PictureCourse {
    /// Between two checkpoints: not longer than a person minds to lose.
    static let interval: Duration = .seconds(1)

    private let identity: [UInt8]
    private let time: any TimeSource
    private var previews: PreviewMaker
    private var lastCheckpoint: Duration

    /// A picture begins, or is gone on with.
    init(identity: [UInt8], preview: LatentPreview, time: any TimeSource) {
        self.identity = identity
        self.time = time
        previews = PreviewMaker(preview, time: time)
        lastCheckpoint = time.now.uptime
    }

    /// What is to be told after a step. A picture that is about to end early leaves a checkpoint in any case.
    mutating func events(after step: GenerationStep, isCancelled: Bool) -> [PictureEvent] {
        let now = time.now.uptime
        let progress = StepProgress(step: step.progress.step, total: step.progress.total)
        var events: [PictureEvent] = [.step(progress)]
        let kept = StepProgress(step: step.stateProgress.step, total: step.stateProgress.total)
        if kept.step > 0, isCancelled || now - lastCheckpoint >= Self.interval {
            lastCheckpoint = now
            events.append(
                .checkpoint(StepCheckpoint(progress: kept, state: step.state.bytes(identity: identity))))
        }
        if !isCancelled, let png = previews.png(after: step) {
            events.append(.preview(PicturePreview(progress: progress, png: png)))
        }
        return events
    }
}
