import Tensors

/// The references of a subject and what they leave behind in the U-Net, for the modes in which they pass alone.
///
/// Nothing in it depends on the target, the prompt or the other references: in `cached` mode an entry is good
/// for ever, in `matched` mode for its timestep.
struct ReferenceBank {
    let mode: ReferenceMode
    /// Clean latents, `[R, h, w, c]`; nil without references.
    let latents: Tensor?
    /// Each photo's own noise, `[R, h, w, c]`, for `matched`.
    let noise: Tensor?
    /// Entries that serve every step (`cached`).
    private var cached: [ReferenceKeysValues]?

    /// A pass of images, each alone and with the empty caption: `(noisy latents, timestep) -> entries`.
    typealias Pass = (_ noisy: Tensor, _ timestep: Double) -> [ReferenceKeysValues]

    init(mode: ReferenceMode, latents: Tensor?, noise: Tensor?) {
        self.mode = mode
        self.latents = latents
        self.noise = noise
    }

    /// What targets attend to at a step, one entry for each reference.
    mutating func entries(at step: Int, of sampler: any Sampler, pass: Pass) -> [ReferenceKeysValues] {
        guard let latents else { return [] }
        switch mode {
        case .none, .joint:
            return []
        case .cached:
            if let cached { return cached }
            let entries = pass(latents, 0)
            cached = entries
            return entries
        case .matched:
            guard let noise else { return [] }
            let noisy = sampler.scaledInput(sampler.noised(latents, noise, at: step), at: step)
            return pass(noisy, sampler.timesteps[step])
        }
    }
}
