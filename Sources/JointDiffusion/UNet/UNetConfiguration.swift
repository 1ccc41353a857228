/// The shape of a U-Net, as `unet/config.json` of class `UNet2DConditionModel` gives it.
public struct UNetConfiguration: Sendable, Equatable {
    public enum BlockKind: Sendable, Equatable {
        /// ResNet blocks only: DownBlock2D, UpBlock2D.
        case plain
        /// ResNet blocks, each followed by a transformer: CrossAttnDownBlock2D, CrossAttnUpBlock2D.
        case crossAttention
    }

    public var inChannels: Int
    public var outChannels: Int
    /// Native latent extents.
    public var sampleHeight: Int
    public var sampleWidth: Int
    /// Channels of each resolution, finest first.
    public var blockChannels: [Int]
    public var downBlocks: [BlockKind]
    public var upBlocks: [BlockKind]
    /// Nil: the U-Net has no middle block.
    public var middleBlock: BlockKind?
    public var layersPerBlock: [Int]
    public var transformerDepth: [Int]
    /// Heads of each resolution (`attention_head_dim`, which in these files counts heads).
    public var heads: [Int]
    public var crossAttentionWidth: Int
    public var normGroups: Int
    public var normEpsilon: Float
    public var usesLinearProjection: Bool
    public var timeEmbeddingWidth: Int
    /// Cosine before sine in the timestep embedding (`flip_sin_to_cos`).
    public var cosineFirst: Bool
    public var frequencyShift: Double

    /// Stable Diffusion's, but for these; the native size is 64x64 latents.
    init(
        inChannels: Int, outChannels: Int, blockChannels: [Int], downBlocks: [BlockKind],
        upBlocks: [BlockKind], layersPerBlock: Int, transformerDepth: [Int], heads: [Int],
        crossAttentionWidth: Int, usesLinearProjection: Bool, timeEmbeddingWidth: Int
    ) {
        self.inChannels = inChannels
        self.outChannels = outChannels
        (sampleHeight, sampleWidth) = (64, 64)
        self.blockChannels = blockChannels
        self.downBlocks = downBlocks
        self.upBlocks = upBlocks
        middleBlock = .crossAttention
        self.layersPerBlock = blockChannels.map { _ in layersPerBlock }
        self.transformerDepth = transformerDepth
        self.heads = heads
        self.crossAttentionWidth = crossAttentionWidth
        normGroups = 32
        normEpsilon = 1e-5
        self.usesLinearProjection = usesLinearProjection
        self.timeEmbeddingWidth = timeEmbeddingWidth
        cosineFirst = true
        frequencyShift = 0
    }

    public init(_ file: ConfigFile) throws(CheckpointError) {
        let class_ = ["UNet2DConditionModel"]
        _ = try file.string("_class_name", default: class_[0], among: class_)
        inChannels = try file.int("in_channels", default: 4, in: 1...4096)
        outChannels = try file.int("out_channels", default: 4, in: 1...4096)
        let sample = try file.ints("sample_size", default: 64, in: 1...4096)
        (sampleHeight, sampleWidth) = (sample[0], sample[sample.count - 1])
        blockChannels = try file.ints("block_out_channels", in: 1...65536)
        let count = blockChannels.count

        downBlocks = try file.strings("down_block_types", among: ["DownBlock2D", "CrossAttnDownBlock2D"])
            .map { $0 == "DownBlock2D" ? .plain : .crossAttention }
        upBlocks = try file.strings("up_block_types", among: ["UpBlock2D", "CrossAttnUpBlock2D"])
            .map { $0 == "UpBlock2D" ? .plain : .crossAttention }
        for (key, blocks) in [("down_block_types", downBlocks), ("up_block_types", upBlocks)]
        where blocks.count != count {
            throw file.unsupported(key, "\(count) blocks, as many as block_out_channels has entries")
        }
        switch file["mid_block_type"] {
        case .string("UNetMidBlock2DCrossAttn"): middleBlock = .crossAttention
        case .string("UNetMidBlock2D"): middleBlock = .plain
        case nil: middleBlock = file.isNull("mid_block_type") ? nil : .crossAttention
        default:
            throw file.unsupported("mid_block_type", "UNetMidBlock2DCrossAttn, UNetMidBlock2D")
        }

        layersPerBlock = try file.ints("layers_per_block", count: count, default: 2, in: 1...64)
        transformerDepth = try file.ints(
            "transformer_layers_per_block", count: count, default: 1, in: 1...64)
        // The published files call the number of heads attention_head_dim; num_attention_heads wins if given.
        let headsKey = file["num_attention_heads"] == nil ? "attention_head_dim" : "num_attention_heads"
        heads = try file.ints(headsKey, count: count, default: 8, in: 1...1024)
        file.ignore("attention_head_dim")
        for (channels, heads) in zip(blockChannels, heads) where channels % heads != 0 {
            throw file.unsupported(headsKey, "numbers that divide block_out_channels (\(blockChannels))")
        }
        crossAttentionWidth = try file.int("cross_attention_dim", default: 1280, in: 1...65536)
        normGroups = try file.int("norm_num_groups", default: 32, in: 1...65536)
        for channels in blockChannels where channels % normGroups != 0 {
            throw file.unsupported(
                "norm_num_groups", "numbers that divide block_out_channels (\(blockChannels))")
        }
        normEpsilon = Float(try file.double("norm_eps", default: 1e-5))
        usesLinearProjection = try file.bool("use_linear_projection", default: false)
        timeEmbeddingWidth = try file.int(
            "time_embedding_dim", default: 4 * blockChannels[0], in: 1...65536)
        cosineFirst = try file.bool("flip_sin_to_cos", default: true)
        frequencyShift = try file.double("freq_shift", default: 0)
        guard blockChannels[0] % 2 == 0 else {
            throw file.unsupported("block_out_channels", "an even first entry")
        }

        try file.require("act_fn", among: .string("silu"), .string("swish"))
        try file.require("downsample_padding", among: .number(1))
        try file.require("mid_block_scale_factor", among: .number(1))
        try file.require("resnet_out_scale_factor", among: .number(1))
        try file.require("resnet_time_scale_shift", among: .string("default"))
        try file.require("time_embedding_type", among: .string("positional"))
        try file.require("conv_in_kernel", among: .number(3))
        try file.require("conv_out_kernel", among: .number(3))
        try file.require("attention_type", among: .string("default"))
        if case .array(let flags)? = file["only_cross_attention"],
            flags.contains(where: { $0 != .bool(false) })
        {
            throw file.unsupported("only_cross_attention", "false")
        }
        // These change nothing in float32 inference, or only belong to features refused elsewhere.
        file.ignore(
            "dropout", "upcast_attention", "addition_embed_type_num_heads", "only_cross_attention",
            "mid_block_only_cross_attention")
        for key in ["only_cross_attention", "mid_block_only_cross_attention"] where file[key] == .bool(true) {
            throw file.unsupported(key, "false")
        }
        try file.refuseUnread()
    }
}
