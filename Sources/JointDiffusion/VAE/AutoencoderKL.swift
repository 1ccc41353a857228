import Tensors

/// Stable Diffusion's variational autoencoder (`AutoencoderKL`). Its norms all have epsilon 1e-6.
public final class AutoencoderKL: ImageAutoencoder {
    public struct Configuration: Sendable, Equatable {
        public var latentChannels: Int
        /// Channels of each resolution, finest first.
        public var blockChannels: [Int]
        public var layersPerBlock: Int
        public var normGroups: Int
        public var scalingFactor: Float
        public var shiftFactor: Float
        public var hasQuantConvolution: Bool
        public var hasPostQuantConvolution: Bool
        public var hasMiddleAttention: Bool

        /// Stable Diffusion's, but for these.
        init(latentChannels: Int, blockChannels: [Int], layersPerBlock: Int) {
            self.latentChannels = latentChannels
            self.blockChannels = blockChannels
            self.layersPerBlock = layersPerBlock
            normGroups = 32
            (scalingFactor, shiftFactor) = (0.18215, 0)
            (hasQuantConvolution, hasPostQuantConvolution, hasMiddleAttention) = (true, true, true)
        }

        public init(_ file: ConfigFile) throws(CheckpointError) {
            latentChannels = try file.int("latent_channels", default: 4, in: 1...4096)
            blockChannels = try file.ints("block_out_channels", in: 1...65536)
            layersPerBlock = try file.int("layers_per_block", default: 1, in: 1...64)
            normGroups = try file.int("norm_num_groups", default: 32, in: 1...65536)
            scalingFactor = Float(try file.double("scaling_factor", default: 0.18215))
            shiftFactor = Float(try file.double("shift_factor", default: 0))
            hasQuantConvolution = try file.bool("use_quant_conv", default: true)
            hasPostQuantConvolution = try file.bool("use_post_quant_conv", default: true)
            hasMiddleAttention = try file.bool("mid_block_add_attention", default: true)
            for (key, kind) in [
                ("down_block_types", "DownEncoderBlock2D"), ("up_block_types", "UpDecoderBlock2D"),
            ] where try file.strings(key, among: [kind]).count != blockChannels.count {
                throw file.unsupported(key, "as many blocks as block_out_channels has entries")
            }
            for channels in blockChannels where channels % normGroups != 0 {
                throw file.unsupported("norm_num_groups", "numbers that divide block_out_channels")
            }
            try file.require("in_channels", among: .number(3))
            try file.require("out_channels", among: .number(3))
            try file.require("act_fn", among: .string("silu"), .string("swish"))
            file.ignore("sample_size", "force_upcast")
            try file.refuseUnread()
        }
    }

    public let configuration: Configuration
    let encoder: Encoder  // encoder, and quant_conv
    let decoder: Decoder  // decoder, and post_quant_conv

    public var latentChannels: Int { configuration.latentChannels }
    public var downscale: Int { 1 << (configuration.blockChannels.count - 1) }
    public var bytesPerPixel: Int { 4 * 12 * configuration.blockChannels[0] }

    /// - Parameter isConvolution: whether a key is stored with four dimensions, as the attention of old files is.
    public init(
        _ configuration: Configuration, _ scope: ParameterScope, isConvolution: (String) -> Bool
    ) throws(CheckpointError) {
        self.configuration = configuration
        encoder = try Encoder(scope, configuration: configuration, isConvolution: isConvolution)
        decoder = try Decoder(scope, configuration: configuration, isConvolution: isConvolution)
    }

    /// Takes all of the checkpoint.
    static func load(
        _ configuration: Configuration, _ checkpoint: ComponentCheckpoint
    ) throws(CheckpointError) -> AutoencoderKL {
        let model = try AutoencoderKL(configuration, ParameterScope(checkpoint).bearing(.bfloat16)) {
            checkpoint.storedShape(of: $0)?.rank == 4
        }
        try checkpoint.finish()
        return model
    }

    public func encode(_ pixels: Tensor) -> Tensor {
        let factor = configuration.scalingFactor
        return encoder(pixels).scaled(by: factor, plus: -factor * configuration.shiftFactor)
    }

    public func decode(_ latents: Tensor) -> Tensor {
        decoder(latents.scaled(by: 1 / configuration.scalingFactor, plus: configuration.shiftFactor))
    }

    /// Old files call the attention's layers query, key, value and proj_attn.
    static func canonicalKey(_ key: String) -> String {
        guard key.contains(".mid_block.attentions.") else { return key }
        for (old, new) in [
            (".query.", ".to_q."), (".key.", ".to_k."), (".value.", ".to_v."), (".proj_attn.", ".to_out.0."),
        ] where key.contains(old) {
            return key.replacing(old, with: new)
        }
        return key
    }
}
