import Tensors

/// The U-Net asked for everything that one step needs: all guidance branches, all images of the set.
struct Denoiser {
    let unet: UNet
    /// Whether the U-Net takes `[noisy, mask, known]`.
    let takesKnownLatents: Bool
    let mode: ReferenceMode
    /// `[captions, tokens, width]`: the empty one, the negative prompt, then prompts.
    let captions: Tensor
    /// For every target, the row of `captions` that is its prompt.
    let promptRows: [Int]
    /// Clean latents of the references, `[R, h, w, c]`.
    let references: Tensor?
    /// The part of the targets that is to be made, where it is not all of them.
    let area: PictureStart.Area?

    /// Rows of `captions`.
    static let (emptyRow, negativeRow, firstPromptRow) = (0, 1, 2)

    /// A forward pass takes at most this many latent pixels at once, so that memory does not grow with the
    /// number of pictures; images of one set stay together.
    static let maximumLatentPixels = 64 * 64

    /// Images that attend to each other, with their inputs.
    private struct Unit {
        let input: Tensor
        let set: Coupling.ImageSet
        /// For every image, its row of the captions.
        let captions: [Int]
    }

    var referenceCount: Int { references?.shape[0] ?? 0 }

    /// The network's output for every branch.
    /// - Parameters:
    ///   - x: scaled latents: in `joint` mode those of the references, then of the targets `[R + T, h, w, c]`,
    ///     otherwise of the targets `[T, h, w, c]`.
    ///   - entries: what the references left in the bank.
    ///   - counter: sees which of their tokens count.
    ///   - deep: what the levels below the finest gave in the step before, or where it is to be kept.
    /// - Returns: for each branch, an output for every row of `x`, or for the targets alone where the branch sees no
    ///   references.
    func predictions(
        _ x: Tensor, timestep: Double, branches: [GuidanceBranch], entries: [ReferenceKeysValues],
        counter: ReferenceTokenCounter? = nil, deep: DeepFeatures? = nil
    ) -> [Tensor] {
        var units: [Unit] = []
        var counts: [Int] = []  // units of each branch
        for branch in branches {
            let made = self.units(x, branch: branch, entries: entries)
            units += made
            counts.append(made.count)
        }
        var outputs = run(units, timestep: timestep, counter: counter, deep: deep)[...]
        return counts.map { count in
            defer { outputs = outputs.dropFirst(count) }
            return Tensor.concatenatingRows(Array(outputs.prefix(count)))
        }
    }

    /// Passes a reference through, alone and with the empty caption.
    /// - Parameter noisy: its latent at the timestep, `[1, h, w, c]`.
    func record(_ reference: Int, _ noisy: Tensor, timestep: Double) -> ReferenceKeysValues {
        let recorder = ReferenceRecorder()
        _ = unet(
            channels(noisy, known: references?[rows: reference..<reference + 1]), timesteps: [timestep],
            context: Captions(embeddings: captions, ofImage: [Self.emptyRow]),
            coupling: .alone(images: 1, recorder: recorder))
        return recorder.references()[0]
    }

    /// Passes images through, each alone and with its prompt, while somebody looks at the cross-attention.
    func watch(_ noisy: Tensor, timestep: Double, by observer: WordAttention) {
        _ = unet(
            channels(noisy, known: nil), timesteps: Array(repeating: timestep, count: noisy.shape[0]),
            context: Captions(embeddings: captions, ofImage: promptRows, observer: observer),
            coupling: .alone(images: noisy.shape[0]))
    }

    private func units(_ x: Tensor, branch: GuidanceBranch, entries: [ReferenceKeysValues]) -> [Unit] {
        let rows = branch.seesPrompt ? promptRows : promptRows.map { _ in Self.negativeRow }
        guard mode == .joint else {
            let seen = branch.seesReferences ? entries : []
            return (0..<x.shape[0]).map { row in
                Unit(
                    input: channels(x[rows: row..<row + 1], known: nil),
                    set: Coupling.ImageSet(images: 1, references: seen), captions: [rows[row]])
            }
        }
        let known = referenceCount
        let targets = channels(x[rows: known..<x.shape[0]], known: nil)
        let count = targets.shape[0]
        guard branch.seesReferences, known > 0 else {
            return [Unit(input: targets, set: Coupling.ImageSet(images: count), captions: rows)]
        }
        let whole = Tensor.concatenatingRows([channels(x[rows: 0..<known], known: references), targets])
        return [
            Unit(
                input: whole, set: Coupling.ImageSet(images: known + count),
                captions: Array(repeating: Self.emptyRow, count: known) + rows)
        ]
    }

    /// As few forward passes as `maximumLatentPixels` allows.
    private func run(
        _ units: [Unit], timestep: Double, counter: ReferenceTokenCounter?, deep: DeepFeatures?
    ) -> [Tensor] {
        var outputs: [Tensor] = []
        var group: [Unit] = []
        func flush() {
            guard !group.isEmpty else { return }
            let images = group.reduce(0) { $0 + $1.set.images }
            let output = unet(
                Tensor.concatenatingRows(group.map(\.input)),
                timesteps: Array(repeating: timestep, count: images),
                context: Captions(
                    embeddings: captions, ofImage: group.flatMap(\.captions)),
                coupling: Coupling(sets: group.map(\.set), counter: counter), deep: deep)
            var first = 0
            for unit in group {
                outputs.append(output[rows: first..<first + unit.set.images])
                first += unit.set.images
            }
            group.removeAll()
        }
        for unit in units {
            let pixels =
                (group + [unit]).reduce(0) { $0 + $1.input.shape[0] }
                * unit.input.shape[1] * unit.input.shape[2]
            if pixels > Self.maximumLatentPixels { flush() }
            group.append(unit)
        }
        flush()
        return outputs
    }

    /// What the U-Net takes: noisy latents, then (if it takes them) the mask, 0 where the image is known and 1 where it
    /// is to be made, then the known latents, zero where nothing is known. `[n, h, w, c]` -> `[n, h, w, inChannels]`.
    private func channels(_ noisy: Tensor, known: Tensor?) -> Tensor {
        guard takesKnownLatents else { return noisy }
        if known == nil, let area {
            let rows = { Tensor.concatenatingRows(Array(repeating: $0, count: noisy.shape[0])) }
            return noisy.concatenatingChannels(rows(area.mask)).concatenatingChannels(rows(area.known))
        }
        let mask = Tensor(
            repeating: known == nil ? 1 : 0, shape: noisy.shape.replacingLast(with: 1), on: noisy.backend)
        let latents = known ?? Tensor(zeros: noisy.shape, on: noisy.backend)
        return noisy.concatenatingChannels(mask).concatenatingChannels(latents)
    }
}
