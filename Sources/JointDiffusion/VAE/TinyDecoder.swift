import Tensors

/// The half of an `AutoencoderTiny` that makes pictures.
final class TinyDecoder: LatentDecoder {
    let latentChannels: Int
    let downscale: Int
    let bytesPerPixel: Int
    private let scalingFactor: Float
    private let layers: TinyLayers

    /// - Parameter scope: of the list of layers.
    init(
        _ configuration: AutoencoderTiny.Configuration, _ scope: ParameterScope
    ) throws(CheckpointError) {
        let levels = configuration.decoderChannels.count
        latentChannels = configuration.latentChannels
        downscale = 1 << (levels - 1)
        bytesPerPixel = 4 * 12 * configuration.decoderChannels[levels - 1]
        scalingFactor = configuration.scalingFactor
        var layers = TinyLayers()
        layers.append(
            .convolution(
                try Convolution(
                    scope[0].fullPrecision, in: configuration.latentChannels,
                    out: configuration.decoderChannels[0])))
        layers.append(.relu)
        for (level, channels) in configuration.decoderChannels.enumerated() {
            let isLast = level == levels - 1
            try layers.appendBlocks(configuration.decoderBlocks[level], scope, channels: channels)
            if !isLast { layers.append(.upsample) }
            let at = isLast ? scope[layers.count].fullPrecision : scope[layers.count]
            layers.append(
                .convolution(
                    try Convolution(at, in: channels, out: isLast ? 3 : channels, bias: isLast)))
        }
        self.layers = layers
    }

    func decode(_ latents: Tensor) -> Tensor {
        // Latents are softly clamped to ±3; the decoder's output is 0...1.
        let clamped = 3 * ((1 / 3 / scalingFactor) * latents).activated(.tanh)
        return layers(clamped).scaled(by: 2, plus: -1)
    }
}
