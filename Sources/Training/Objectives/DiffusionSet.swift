/// One set of images of a subject as a training step sees it: some known, the others to be made. Known images first.
public struct DiffusionSet: Sendable {
    /// Clean scaled latents and the noise that is added to them, each `[images, height, width, channels]`.
    public var latents: [Float]
    public var noise: [Float]
    public var images: Int
    /// How many of the images are known.
    public var known: Int
    /// Training timestep of every image. In mode `cached` a known image passes clean at 0, whatever stands here.
    public var timesteps: [Int]
    /// Token ids of every image's caption, all of one length; known images have the empty one.
    public var captions: [[Int]]
    /// How much each latent pixel counts, `[images, height, width]`; nil: all alike.
    public var pixelWeights: [Float]?

    public init(
        latents: [Float], noise: [Float], images: Int, known: Int, timesteps: [Int], captions: [[Int]],
        pixelWeights: [Float]? = nil
    ) {
        precondition(latents.count == noise.count && latents.count % images == 0, "latents and noise differ")
        precondition(known <= images && timesteps.count == images && captions.count == images)
        self.latents = latents
        self.noise = noise
        self.images = images
        self.known = known
        self.timesteps = timesteps
        self.captions = captions
        self.pixelWeights = pixelWeights
    }
}
