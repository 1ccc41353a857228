import ControlAPI

extension PromptOptions {
    /// These, and where they say nothing, the others.
    func over(_ other: PromptOptions) -> PromptOptions {
        PromptOptions(
            picture: picture.over(other.picture), count: count ?? other.count, seed: seed ?? other.seed,
            photos: photos ?? other.photos, priority: priority ?? other.priority)
    }
}

extension PictureOptions {
    /// These, and where they say nothing, the others.
    func over(_ other: PictureOptions) -> PictureOptions {
        PictureOptions(
            negativePrompt: negativePrompt ?? other.negativePrompt, steps: steps ?? other.steps,
            sampler: sampler ?? other.sampler, guidance: guidance ?? other.guidance,
            imageGuidance: imageGuidance ?? other.imageGuidance, width: width ?? other.width,
            height: height ?? other.height, mode: mode ?? other.mode)
    }
}
