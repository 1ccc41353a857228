import Tensors

/// The denoiser: a text-conditional U-Net whose self-attention runs over sets of images.
public final class UNet {
    public let configuration: UNetConfiguration
    /// Number of self-attention layers, and so of entries in a reference's keys and values.
    public let selfAttentionLayers: Int

    let convIn: Convolution  // conv_in
    let timeEmbedding: TimestepEmbedding  // time_embedding
    let downBlocks: [DownBlock]  // down_blocks
    let middleBlock: MiddleBlock?  // mid_block
    let upBlocks: [UpBlock]  // up_blocks
    let normOut: GroupNorm  // conv_norm_out
    let convOut: Convolution  // conv_out

    public init(_ configuration: UNetConfiguration, _ scope: ParameterScope) throws(CheckpointError) {
        self.configuration = configuration
        let channels = configuration.blockChannels
        var layers = 0

        convIn = try Convolution(
            scope["conv_in"].fullPrecision, in: configuration.inChannels, out: channels[0])
        timeEmbedding = try TimestepEmbedding(
            scope["time_embedding"].fullPrecision, configuration: configuration)

        var down: [DownBlock] = []
        for level in channels.indices {
            down.append(
                try DownBlock(
                    scope["down_blocks", level], level: level, configuration: configuration,
                    selfAttentionLayers: &layers))
        }
        downBlocks = down
        middleBlock =
            if let kind = configuration.middleBlock {
                try MiddleBlock(
                    scope["mid_block"], kind: kind, configuration: configuration,
                    selfAttentionLayers: &layers)
            } else { nil }
        var up: [UpBlock] = []
        for index in channels.indices {
            up.append(
                try UpBlock(
                    scope["up_blocks", index], index: index, configuration: configuration,
                    selfAttentionLayers: &layers))
        }
        upBlocks = up

        normOut = try GroupNorm(
            scope["conv_norm_out"].fullPrecision, channels: channels[0], groups: configuration.normGroups,
            epsilon: configuration.normEpsilon)
        convOut = try Convolution(
            scope["conv_out"].fullPrecision, in: channels[0], out: configuration.outChannels)
        selfAttentionLayers = layers
    }

    /// Predicts epsilon or v.
    /// - Parameters:
    ///   - x: `[N, h, w, inChannels]`: noisy latents, and mask and known latents if the model takes them.
    ///   - timesteps: one for every image.
    ///   - context: every image's caption.
    ///   - coupling: which images attend to which.
    ///   - deep: what the levels below the finest gave before, or where it is to be kept.
    /// - Returns: `[N, h, w, outChannels]`.
    public func callAsFunction(
        _ x: Tensor, timesteps: [Double], context: Captions, coupling: Coupling
    ) -> Tensor {
        self(x, timesteps: timesteps, context: context, coupling: coupling, deep: nil)
    }

    func callAsFunction(
        _ x: Tensor, timesteps: [Double], context: Captions, coupling: Coupling, deep: DeepFeatures?
    ) -> Tensor {
        precondition(timesteps.count == x.shape[0] && context.ofImage.count == x.shape[0])
        precondition(coupling.images == x.shape[0], "\(coupling.images) images coupled of \(x.shape[0])")
        // 1. Time: every ResNet block takes it through SiLU, so that is done once.
        let time = timeEmbedding(timesteps, on: x.backend).activated(.silu)
        // 2. In.
        var hidden = convIn(x)
        // 3. Down, keeping what the way up will join; 4. the middle; 5. up to the finest level.
        var skips = [hidden]
        if let known = deep?.next() {
            _ = downBlocks[0](
                hidden, time: time, context: context, coupling: coupling, skips: &skips, halves: false)
            hidden = known
        } else {
            for block in downBlocks {
                hidden = block(hidden, time: time, context: context, coupling: coupling, skips: &skips)
            }
            if let middleBlock {
                hidden = middleBlock(hidden, time: time, context: context, coupling: coupling)
            }
            for block in upBlocks.dropLast() {
                hidden = block(hidden, time: time, context: context, coupling: coupling, skips: &skips)
            }
            deep?.keep(hidden)
        }
        hidden = upBlocks[upBlocks.count - 1](
            hidden, time: time, context: context, coupling: coupling, skips: &skips)
        // 6. Out.
        return convOut(normOut(hidden, activation: .silu))
    }
}

extension UNet {
    /// The weights of a `unet` folder.
    public static func checkpoint(folder: String, on backend: any Backend) throws(CheckpointError)
        -> ComponentCheckpoint
    {
        try ComponentCheckpoint(folder: folder, stem: "diffusion_pytorch_model", on: backend)
    }

    /// The U-Net of a checkpoint's `unet` folder.
    public static func load(folder: String, on backend: any Backend) throws(CheckpointError) -> UNet {
        try load(folder: folder, LowRankAdapters([], on: backend), on: backend)
    }

    static func load(
        folder: String, _ adapters: LowRankAdapters, on backend: any Backend
    ) throws(CheckpointError) -> UNet {
        let configuration = try UNetConfiguration(ConfigFile(path: "\(folder)/config.json"))
        let checkpoint = try checkpoint(folder: folder, on: backend)
        try adapters.adapt(checkpoint, of: .unet)
        return try load(configuration, checkpoint)
    }

    /// Takes all of the checkpoint.
    static func load(
        _ configuration: UNetConfiguration, _ checkpoint: ComponentCheckpoint
    ) throws(CheckpointError) -> UNet {
        let model = try UNet(configuration, ParameterScope(checkpoint))
        try checkpoint.finish()
        return model
    }
}
