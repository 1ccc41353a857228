import Tensors

/// Small pictures of latents, for much less than the picture itself costs.
///
/// Where a tiny decoder is at hand, given or the model's own, it makes them; else they are the latents' colours, one
/// pixel a latent.
///
/// It has weights of its own. A backend lays weights out for the first size that it meets, and a preview must not
/// decide the bits of the picture.
public final class LatentPreview {
    /// RGB bytes.
    public struct Image: Sendable, Equatable {
        public let width: Int
        public let height: Int
        /// `[height, width, 3]`
        public let pixels: [UInt8]
    }

    private enum Method {
        case decoder(any LatentDecoder)
        case colours(LatentColours)
        case none
    }

    /// Bytes that a preview may take to be decoded whole: what lies around a step must have room beside it.
    private static let largestWhole = 1 << 30

    private let source: ModelSource
    private let backend: any Backend
    private let channels: Int
    private let hasTinyDecoder: Bool
    private var method: Method?

    /// The previews of a model. The first one takes longer: what makes them is got ready.
    public init(of model: DiffusionModel) {
        source = model.source
        backend = model.backend
        channels = model.vae.latentChannels
        hasTinyDecoder = model.vae is AutoencoderTiny
    }

    /// The previews of a model by a tiny decoder of the same latents, TAESD for one.
    /// - Parameter decoder: a diffusers folder of an `AutoencoderTiny`, or a file in TAESD's own layout.
    public convenience init(of model: DiffusionModel, decoder path: String) throws(CheckpointError) {
        self.init(of: model)
        let files = try AutoencoderFiles(path, on: backend)
        let decoder = try files.loadTinyDecoder()
        guard decoder.latentChannels == channels else {
            throw .unsupportedConfig(
                file: files.configurationFile, key: "latent_channels", value: "\(decoder.latentChannels)",
                supported: "\(channels), the model's; name a tiny decoder that was made for its VAE")
        }
        method = .decoder(decoder)
    }

    /// The first of clean scaled latents `[N, h, w, c]` as an image; nil where they are no colours.
    public func image(of latents: Tensor) -> Image? {
        guard latents.isFinite, latents.shape[3] == channels else { return nil }
        let first = latents[rows: 0..<1]
        let method = method ?? prepared()
        self.method = method
        switch method {
        case .decoder(let decoder):
            let scale = decoder.downscale
            return image(
                decoded(first, by: decoder).floats.map(Double.init), width: first.shape[2] * scale,
                height: first.shape[1] * scale)
        case .colours(let colours):
            return image(colours(first), width: first.shape[2], height: first.shape[1])
        case .none:
            return nil
        }
    }

    private func image(_ colours: [Double], width: Int, height: Int) -> Image? {
        guard colours.allSatisfy(\.isFinite) else { return nil }
        return Image(
            width: width, height: height,
            pixels: colours.map { UInt8(((min(max($0, -1), 1) + 1) * 127.5).rounded()) })
    }

    private func decoded(_ latents: Tensor, by decoder: any LatentDecoder) -> Tensor {
        // Beside the U-Net's weights there may be no room.
        backend.giveBack()
        defer { backend.trim() }
        let tiling = VAETiling.chosen(
            .automatic, largest: Self.largestWhole, bytesPerPixel: decoder.bytesPerPixel,
            height: latents.shape[1] * decoder.downscale,
            width: latents.shape[2] * decoder.downscale)
        return tiling?.decode(latents, by: decoder) { backend.trim() } ?? decoder.decode(latents)
    }

    private func prepared() -> Method {
        defer { backend.trim() }
        guard let vae = try? source.parts(on: backend).autoencoder() else { return .none }
        return hasTinyDecoder ? .decoder(vae) : .colours(LatentColours(of: vae, on: backend))
    }
}
