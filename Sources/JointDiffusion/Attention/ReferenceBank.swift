import Tensors

/// The references of a subject and what they leave behind in the U-Net, for the modes in which they pass alone.
///
/// Nothing in it depends on the target, the prompt or the other references: in `cached` mode an entry is good
/// for ever, in `matched` mode for its timestep.
struct ReferenceBank {
    let mode: ReferenceMode
    let references: [Pipeline.Reference]
    /// Each photo's own noise, `[R, h, w, c]`, for `matched`.
    let noise: Tensor?
    /// Where entries are kept from picture to picture.
    let shelf: Shelf?
    /// Entries that serve every step (`cached`), and what is left of them.
    private var cached: [ReferenceKeysValues]?
    private var chosen: [ReferenceKeysValues]?
    private var selection: ReferenceTokenSelection?

    /// A pass of one reference, alone and with the empty caption, with its noisy latent `[1, h, w, c]`. What it leaves
    /// behind does not depend on who else is there, to the bit.
    typealias Pass = (_ reference: Int, _ noisy: Tensor, _ timestep: Double) -> ReferenceKeysValues

    /// A store, and what of its keys is the same for all references.
    struct Shelf {
        let store: KeysValuesStore
        let model: String
        let clipSkip: Int
        let width, height: Int
    }

    init(mode: ReferenceMode, references: [Pipeline.Reference], noise: Tensor?, shelf: Shelf? = nil) {
        self.mode = mode
        self.references = references
        self.noise = noise
        self.shelf = shelf
    }

    /// From now on only these tokens are attended to; nil: all.
    mutating func select(_ selection: ReferenceTokenSelection?) {
        self.selection = selection
        chosen = nil
    }

    /// What targets attend to at a step, one entry for each reference.
    mutating func entries(at step: Int, of sampler: any Sampler, pass: Pass) -> [ReferenceKeysValues] {
        let all = allEntries(at: step, of: sampler, pass: pass)
        guard let selection else { return all }
        if mode == .cached, let chosen { return chosen }
        let some = selection(all)
        chosen = some
        return some
    }

    private mutating func allEntries(at step: Int, of sampler: any Sampler, pass: Pass)
        -> [ReferenceKeysValues]
    {
        guard !references.isEmpty else { return [] }
        switch mode {
        case .none, .joint:
            return []
        case .cached:
            if let cached { return cached }
            let entries = references.indices.map { reference in
                entry(of: reference, references[reference].latent, timestep: 0, steps: 1, pass)
            }
            cached = entries
            return entries
        case .matched:
            guard let noise else { return [] }
            return references.indices.map { reference in
                let noisy = sampler.noised(
                    references[reference].latent, noise[rows: reference..<reference + 1], at: step)
                return entry(
                    of: reference, sampler.scaledInput(noisy, at: step), timestep: sampler.timesteps[step],
                    steps: sampler.count, pass)
            }
        }
    }

    /// From the shelf, or from a pass that the shelf then keeps.
    /// - Parameter steps: in how many of a picture's steps entries are made.
    private func entry(
        of reference: Int, _ noisy: Tensor, timestep: Double, steps: Int, _ pass: Pass
    ) -> ReferenceKeysValues {
        guard let shelf, let photo = references[reference].photo else {
            return pass(reference, noisy, timestep)
        }
        let key = KeysValuesKey(
            photo: photo, model: shelf.model, mode: mode, timestep: timestep, clipSkip: shelf.clipSkip,
            width: shelf.width, height: shelf.height, input: noisy)
        if let kept = shelf.store.load(key, on: noisy.backend) { return kept }
        let entry = pass(reference, noisy, timestep)
        // What would push itself out before it is used again is not worth writing.
        if shelf.store.holds(references.count * steps, like: entry) { shelf.store.keep(entry, for: key) }
        return entry
    }
}
