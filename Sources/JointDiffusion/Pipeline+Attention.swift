import Tensors

extension Pipeline {
    /// Where a word of a picture's caption is seen in it.
    ///
    /// The finished picture is noised to a few levels and passes through the network at each, alone, with its caption;
    /// the cross-attention to the word's tokens is averaged. So any picture can be asked, drawn here or not.
    ///
    /// - Parameters:
    ///   - word: one or more words as they stand in the captions.
    ///   - latents: clean and scaled, `[N, h, w, c]`.
    ///   - captions: one for each picture.
    ///   - seed: of the noise.
    /// - Returns: for each picture `[h * w]` shares of attention, 0 to 1; nil where its caption does not hold the word,
    ///   or not within the length that the text encoder reads.
    public func attention(to word: String, in latents: Tensor, captions: [String], seed: UInt64) throws
        -> [[Float]?]
    {
        precondition(captions.count == latents.shape[0], "\(captions.count) captions, \(latents.shape)")
        let ids = captions.map { model.tokenizer.encode($0) }
        let wanted = model.tokenizer.tokenIDs(word)
        let tokens = ids.map { Self.places(of: wanted, in: $0) }
        let embeddings = model.textEncoder(ids)
        let sampler = try SamplerKind.ddim.sampler(for: model.scheduler, steps: Self.attentionLevels)
        let inner = Shape([1] + latents.shape.dimensions.dropFirst())
        return captions.indices.map { picture -> [Float]? in
            guard !tokens[picture].isEmpty else { return nil }
            let latent = latents[rows: picture..<picture + 1]
            let observer = WordAttention(
                height: inner[1], width: inner[2], tokens: [tokens[picture]])
            for step in Self.attentionSteps {
                let noise = Tensor(
                    normal: inner, seed: RandomSource.seed(seed, stream: step), on: model.backend)
                let noisy = sampler.scaledInput(sampler.noised(latent, noise, at: step), at: step)
                let denoiser = Denoiser(
                    unet: model.unet, takesKnownLatents: model.takesKnownLatents, mode: .none,
                    captions: embeddings, promptRows: [picture], references: nil, area: nil)
                denoiser.watch(noisy, timestep: sampler.timesteps[step], by: observer)
            }
            return observer.maps[0]
        }
    }

    /// Of a walk of this many steps, those in which things have a place and are not yet fine.
    private static let attentionLevels = 10
    private static let attentionSteps = [4, 5, 6, 7]

    /// All places where `part` begins, with as many tokens as it has.
    private static func places(of part: [Int], in ids: [Int]) -> [Int] {
        guard !part.isEmpty, part.count <= ids.count else { return [] }
        return (0...ids.count - part.count).filter { Array(ids[$0..<$0 + part.count]) == part }
            .flatMap { Array($0..<$0 + part.count) }
    }
}
