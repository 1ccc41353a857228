import Tensors

/// A small autoencoder of convolutions and ReLU, without norms or attention (`AutoencoderTiny`, TAESD's layout).
public final class AutoencoderTiny: ImageAutoencoder {
    public struct Configuration: Sendable, Equatable {
        public var latentChannels: Int
        /// Channels and residual blocks of each resolution, finest first.
        public var encoderChannels: [Int]
        public var encoderBlocks: [Int]
        /// Coarsest first.
        public var decoderChannels: [Int]
        public var decoderBlocks: [Int]
        public var scalingFactor: Float

        /// Residual blocks of each resolution, in the order of the layers, all of one width.
        struct Half {
            let channels: Int
            let blocks: [Int]
        }

        /// Of latents as the U-Net knows them.
        init(latentChannels: Int, encoder: Half, decoder: Half) {
            self.latentChannels = latentChannels
            encoderChannels = encoder.blocks.map { _ in encoder.channels }
            encoderBlocks = encoder.blocks
            decoderChannels = decoder.blocks.map { _ in decoder.channels }
            decoderBlocks = decoder.blocks
            scalingFactor = 1
        }

        public init(_ file: ConfigFile) throws(CheckpointError) {
            latentChannels = try file.int("latent_channels", default: 4, in: 1...4096)
            encoderChannels = try file.ints("encoder_block_out_channels", in: 1...65536)
            encoderBlocks = try file.ints("num_encoder_blocks", in: 0...64)
            decoderChannels = try file.ints("decoder_block_out_channels", in: 1...65536)
            decoderBlocks = try file.ints("num_decoder_blocks", in: 0...64)
            scalingFactor = Float(try file.double("scaling_factor", default: 1))
            let levels = encoderChannels.count
            for (key, count) in [
                ("num_encoder_blocks", encoderBlocks.count), ("num_decoder_blocks", decoderBlocks.count),
                ("decoder_block_out_channels", decoderChannels.count),
            ] where count != levels {
                throw file.unsupported(key, "\(levels) entries, as many as encoder_block_out_channels")
            }
            for (key, channels) in [
                ("encoder_block_out_channels", encoderChannels),
                ("decoder_block_out_channels", decoderChannels),
            ] where Set(channels).count != 1 {
                throw file.unsupported(key, "equal numbers")  // the class's own resampling layers need that
            }
            try file.require("in_channels", among: .number(3))
            try file.require("out_channels", among: .number(3))
            try file.require("act_fn", among: .string("relu"))
            try file.require("upsample_fn", among: .string("nearest"))
            try file.require("upsampling_scaling_factor", among: .number(2))
            try file.require("shift_factor", among: .number(0))
            // Only used to show latents as images, and for other precisions.
            file.ignore("latent_magnitude", "latent_shift", "force_upcast", "block_out_channels")
            try file.refuseUnread()
        }
    }

    public let configuration: Configuration
    let encoder: TinyLayers  // encoder.layers
    let decoder: TinyDecoder  // decoder.layers

    public var latentChannels: Int { configuration.latentChannels }
    public var downscale: Int { decoder.downscale }
    public var bytesPerPixel: Int { 4 * 12 * configuration.encoderChannels[0] }

    public init(_ configuration: Configuration, _ scope: ParameterScope) throws(CheckpointError) {
        self.configuration = configuration
        encoder = try Self.encoder(configuration, scope["encoder", "layers"])
        decoder = try TinyDecoder(configuration, scope["decoder", "layers"])
    }

    /// Of halves that lie in different files.
    init(_ configuration: Configuration, encoder: TinyLayers, decoder: TinyDecoder) {
        self.configuration = configuration
        self.encoder = encoder
        self.decoder = decoder
    }

    /// - Parameter scope: of the list of layers.
    static func encoder(_ configuration: Configuration, _ scope: ParameterScope)
        throws(CheckpointError) -> TinyLayers
    {
        var layers = TinyLayers()
        for (level, channels) in configuration.encoderChannels.enumerated() {
            let at = scope[layers.count]
            layers.append(
                .convolution(
                    level == 0
                        ? try Convolution(at.fullPrecision, in: 3, out: channels)
                        : try Convolution(at, in: channels, out: channels, geometry: .halving, bias: false)))
            try layers.appendBlocks(configuration.encoderBlocks[level], scope, channels: channels)
        }
        let last = configuration.encoderChannels[configuration.encoderChannels.count - 1]
        layers.append(
            .convolution(
                try Convolution(
                    scope[layers.count].fullPrecision, in: last, out: configuration.latentChannels)))
        return layers
    }

    public func encode(_ pixels: Tensor) -> Tensor {
        // The encoder was trained on 0...1.
        configuration.scalingFactor * encoder(pixels.scaled(by: 0.5, plus: 0.5))
    }

    public func decode(_ latents: Tensor) -> Tensor { decoder.decode(latents) }
}
