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
    let encoder: [Stage]  // encoder.layers
    let decoder: [Stage]  // decoder.layers

    public var latentChannels: Int { configuration.latentChannels }
    public var downscale: Int { 1 << (configuration.encoderChannels.count - 1) }
    public var bytesPerPixel: Int { 4 * 12 * configuration.encoderChannels[0] }

    /// What stands at one index of the published layer lists.
    enum Stage {
        case convolution(Convolution)
        case block(Block)
        case relu
        case upsample
    }

    public init(_ configuration: Configuration, _ scope: ParameterScope) throws(CheckpointError) {
        self.configuration = configuration
        encoder = try Self.encoderStages(configuration, scope["encoder", "layers"])
        decoder = try Self.decoderStages(configuration, scope["decoder", "layers"])
    }

    private static func encoderStages(_ configuration: Configuration, _ scope: ParameterScope)
        throws(CheckpointError) -> [Stage]
    {
        var stages: [Stage] = []
        for (level, channels) in configuration.encoderChannels.enumerated() {
            let at = scope[stages.count]
            stages.append(
                .convolution(
                    level == 0
                        ? try Convolution(at.fullPrecision, in: 3, out: channels)
                        : try Convolution(at, in: channels, out: channels, geometry: .halving, bias: false)))
            for _ in 0..<configuration.encoderBlocks[level] {
                stages.append(.block(try Block(scope[stages.count], channels: channels)))
            }
        }
        let last = configuration.encoderChannels[configuration.encoderChannels.count - 1]
        stages.append(
            .convolution(
                try Convolution(
                    scope[stages.count].fullPrecision, in: last, out: configuration.latentChannels)))
        return stages
    }

    private static func decoderStages(_ configuration: Configuration, _ scope: ParameterScope)
        throws(CheckpointError) -> [Stage]
    {
        let levels = configuration.decoderChannels.count
        var stages: [Stage] = [
            .convolution(
                try Convolution(
                    scope[0].fullPrecision, in: configuration.latentChannels,
                    out: configuration.decoderChannels[0])),
            .relu,
        ]
        for (level, channels) in configuration.decoderChannels.enumerated() {
            let isLast = level == levels - 1
            for _ in 0..<configuration.decoderBlocks[level] {
                stages.append(.block(try Block(scope[stages.count], channels: channels)))
            }
            if !isLast { stages.append(.upsample) }
            let at = isLast ? scope[stages.count].fullPrecision : scope[stages.count]
            stages.append(
                .convolution(
                    try Convolution(
                        at, in: channels, out: isLast ? 3 : channels, bias: isLast)))
        }
        return stages
    }

    public func encode(_ pixels: Tensor) -> Tensor {
        // The encoder was trained on 0...1.
        let scaled = pixels.scaled(by: 0.5, plus: 0.5)
        return configuration.scalingFactor * Self.run(encoder, on: scaled)
    }

    public func decode(_ latents: Tensor) -> Tensor {
        // Latents are softly clamped to ±3; the decoder's output is 0...1.
        let clamped = 3 * ((1 / 3 / configuration.scalingFactor) * latents).activated(.tanh)
        return Self.run(decoder, on: clamped).scaled(by: 2, plus: -1)
    }

    private static func run(_ stages: [Stage], on x: Tensor) -> Tensor {
        stages.reduce(x) { x, stage in
            switch stage {
            case .convolution(let convolution): convolution(x)
            case .block(let block): block(x)
            case .relu: x.activated(.relu)
            case .upsample: x.upsampledNearest2x()
            }
        }
    }

    /// Three convolutions added to their input (`AutoencoderTinyBlock`).
    struct Block {
        let conv1, conv2, conv3: Convolution  // conv.0, conv.2, conv.4

        init(_ scope: ParameterScope, channels: Int) throws(CheckpointError) {
            conv1 = try Convolution(scope["conv", 0], in: channels, out: channels)
            conv2 = try Convolution(scope["conv", 2], in: channels, out: channels)
            conv3 = try Convolution(scope["conv", 4], in: channels, out: channels)
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            conv3(conv2(conv1(x, activation: .relu), activation: .relu), residual: x, activation: .relu)
        }
    }
}
