import Tensors

/// The networks of a file in the original layout, as the shapes of its tensors show them.
struct OriginalArchitecture {
    static let unetPrefix = "model.diffusion_model."
    static let vaePrefix = "first_stage_model."
    private static let transformersPrefix = "cond_stage_model.transformer."
    private static let openCLIPPrefix = "cond_stage_model.model."

    /// Whether it is Stable Diffusion 2, whose text encoder is OpenCLIP's.
    let isVersion2: Bool
    let unet: UNetConfiguration
    let autoencoder: AutoencoderKL.Configuration
    let textEncoder: CLIPTextEncoder.Configuration
    /// What the text encoder's keys begin with.
    var textPrefix: String { isVersion2 ? Self.openCLIPPrefix : Self.transformersPrefix }
    /// What stands behind that in files of older transformers.
    let textModelPrefix: String
    /// Pixels per latent.
    var downscale: Int { 1 << (autoencoder.blockChannels.count - 1) }

    init(_ file: SafetensorsFile) throws(CheckpointError) {
        let reader = OriginalShapes(file)
        if let key = file.names.first(where: { $0.hasPrefix("conditioner.embedders.") }) {
            throw .notOriginal(
                file: file.path,
                reason: "its tensor '\(key)' is one of Stable Diffusion XL, which is not supported")
        }
        isVersion2 = file.names.contains { $0.hasPrefix(Self.openCLIPPrefix) }
        unet = try Self.unet(reader)
        autoencoder = try Self.autoencoder(reader, Self.vaePrefix)
        textModelPrefix =
            file.names.contains { $0.hasPrefix(Self.transformersPrefix + "text_model.") } ? "text_model." : ""
        textEncoder =
            isVersion2
            ? try Self.openCLIP(reader)
            : try Self.textEncoder(reader, Self.transformersPrefix + textModelPrefix)
    }

    // MARK: Tensors that pictures do not need

    /// What training left, what only other programs read, and what the networks leave out.
    private static let unusedPrefixes = [
        "model_ema.", "first_stage_model.loss.", "cond_stage_model.transformer.vision_model.",
    ]
    private static let unused: Set<String> = [
        // The noise schedule; `alphas_cumprod` is compared.
        "alphas_cumprod", "alphas_cumprod_prev", "betas", "log_one_minus_alphas_cumprod", "logvar",
        "lvlb_weights", "posterior_log_variance_clipped", "posterior_mean_coef1", "posterior_mean_coef2",
        "posterior_variance", "sqrt_alphas_cumprod", "sqrt_one_minus_alphas_cumprod",
        "sqrt_recip_alphas_cumprod", "sqrt_recipm1_alphas_cumprod", "denoiser.sigmas", "denoiser.log_sigmas",
        "scale_factor", "global_step", "v_pred", "ztsnr",
        // 0, 1, 2, ...
        "cond_stage_model.transformer.text_model.embeddings.position_ids",
        "cond_stage_model.transformer.embeddings.position_ids", "cond_stage_model.model.attn_mask",
        // What compares texts with pictures.
        "cond_stage_model.model.logit_scale", "cond_stage_model.model.text_projection",
        "cond_stage_model.logit_scale", "cond_stage_model.text_projection",
        "cond_stage_model.transformer.logit_scale", "cond_stage_model.transformer.text_projection.weight",
        "cond_stage_model.transformer.visual_projection.weight",
    ]

    /// Whether a tensor is one that belongs to such files and that nothing here needs.
    func isUnused(_ key: String) -> Bool {
        if Self.unused.contains(key) || Self.unusedPrefixes.contains(where: key.hasPrefix) { return true }
        // Stable Diffusion 2 takes the text as it is before OpenCLIP's last layer.
        return isVersion2
            && key.hasPrefix("\(Self.openCLIPPrefix)transformer.resblocks.\(textEncoder.layers).")
    }

    // MARK: The networks

    private static func unet(_ file: OriginalShapes) throws(CheckpointError) -> UNetConfiguration {
        let prefix = unetPrefix
        let first = try file.extents(prefix + "input_blocks.0.0.weight", rank: 4)
        let blocks = file.count(prefix + "input_blocks.")
        let halvings = (0..<blocks).filter { file.has("\(prefix)input_blocks.\($0).0.op.weight") }
        let layers = (halvings.first ?? blocks) - 1
        let levels = halvings.count + 1
        guard layers >= 1, blocks == levels * (layers + 1),
            halvings.enumerated().allSatisfy({ $1 == ($0 + 1) * (layers + 1) })
        else {
            throw file.strange("its \(blocks) input blocks are not those of a U-Net with equal levels")
        }
        var channels: [Int] = []
        var down: [UNetConfiguration.BlockKind] = []
        var up: [UNetConfiguration.BlockKind] = []
        let middle = prefix + "middle_block.1."
        let middleDepth = file.count(middle + "transformer_blocks.")
        var depths: [Int] = []
        for level in 0..<levels {
            let block = "\(prefix)input_blocks.\(1 + level * (layers + 1))."
            channels.append(try file.extents(block + "0.out_layers.3.weight", rank: 4)[0])
            let depth = file.count(block + "1.transformer_blocks.")
            down.append(depth > 0 ? .crossAttention : .plain)
            let above = file.count("\(prefix)output_blocks.\(level * (layers + 1)).1.transformer_blocks.")
            up.append(above > 0 ? .crossAttention : .plain)
            depths.append(depth > 0 ? depth : middleDepth)
        }
        let key = "transformer_blocks.0.attn2.to_k.weight"
        let contextWidth = try file.extents(middle + key, rank: 2)[1]
        let isLinear = try file.rank(middle + "proj_in.weight") == 2
        for width in channels where width % 32 != 0 || (isLinear && width % 64 != 0) {
            throw file.strange("its U-Net has blocks of \(width) channels, which no Stable Diffusion has")
        }
        return UNetConfiguration(
            inChannels: first[1], outChannels: try file.extents(prefix + "out.2.weight", rank: 4)[0],
            blockChannels: channels, downBlocks: down, upBlocks: up, layersPerBlock: layers,
            transformerDepth: depths,
            // Version 1 has 8 heads everywhere, version 2 heads of 64 channels.
            heads: channels.map { isLinear ? $0 / 64 : 8 }, crossAttentionWidth: contextWidth,
            usesLinearProjection: isLinear,
            timeEmbeddingWidth: try file.extents(prefix + "time_embed.0.weight", rank: 2)[0])
    }

    /// - Parameter prefix: what the VAE's keys begin with.
    static func autoencoder(
        _ file: OriginalShapes, _ prefix: String
    ) throws(CheckpointError) -> AutoencoderKL.Configuration {
        var channels: [Int] = []
        for level in 0..<file.count(prefix + "encoder.down.") {
            let key = "\(prefix)encoder.down.\(level).block.0.conv1.weight"
            channels.append(try file.extents(key, rank: 4)[0])
        }
        guard !channels.isEmpty else { throw file.missing(prefix + "encoder.down.0.block.0.conv1.weight") }
        for width in channels where width % 32 != 0 {
            throw file.strange("its VAE has blocks of \(width) channels, which no Stable Diffusion has")
        }
        return AutoencoderKL.Configuration(
            latentChannels: try file.extents(prefix + "decoder.conv_in.weight", rank: 4)[1],
            blockChannels: channels, layersPerBlock: file.count(prefix + "encoder.down.0.block."))
    }

    /// Of CLIP, with heads of 64 channels.
    private static func textEncoder(
        _ file: OriginalShapes, _ prefix: String
    ) throws(CheckpointError) -> CLIPTextEncoder.Configuration {
        try text(
            file, vocabulary: prefix + "embeddings.token_embedding.weight",
            positions: prefix + "embeddings.position_embedding.weight",
            expansion: prefix + "encoder.layers.0.mlp.fc1.weight",
            layers: file.count(prefix + "encoder.layers."), activation: .quickGELU)
    }

    private static func openCLIP(_ file: OriginalShapes) throws(CheckpointError)
        -> CLIPTextEncoder.Configuration
    {
        try text(
            file, vocabulary: openCLIPPrefix + "token_embedding.weight",
            positions: openCLIPPrefix + "positional_embedding",
            expansion: openCLIPPrefix + "transformer.resblocks.0.mlp.c_fc.weight",
            layers: file.count(openCLIPPrefix + "transformer.resblocks.") - 1, activation: .gelu)
    }

    private static func text(
        _ file: OriginalShapes, vocabulary: String, positions: String, expansion: String, layers: Int,
        activation: Activation
    ) throws(CheckpointError) -> CLIPTextEncoder.Configuration {
        let tokens = try file.extents(vocabulary, rank: 2)
        let heads = tokens[1] / 64
        guard heads >= 1, tokens[1] % 64 == 0 else {
            throw file.strange("its text encoder has a width of \(tokens[1]), which no Stable Diffusion has")
        }
        return CLIPTextEncoder.Configuration(
            vocabularySize: tokens[0], width: tokens[1],
            feedForwardWidth: try file.extents(expansion, rank: 2)[0], layers: layers, heads: heads,
            maximumTokens: try file.extents(positions, rank: 2)[0], activation: activation, epsilon: 1e-5)
    }
}
