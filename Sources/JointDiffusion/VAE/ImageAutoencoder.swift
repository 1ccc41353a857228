import Tensors

/// What turns pixels into latents, and latents back.
public protocol ImageAutoencoder: LatentDecoder {
    /// Pixels `[N, H, W, 3]` in -1...1 -> scaled latents `[N, H / downscale, W / downscale, latentChannels]`,
    /// without noise (the mean, where the encoder gives a distribution).
    func encode(_ pixels: Tensor) -> Tensor
}

/// Loads either class of autoencoder.
public enum Autoencoders {
    public static func load(folder: String, on backend: any Backend) throws(CheckpointError)
        -> any ImageAutoencoder
    {
        let file = try ConfigFile(path: "\(folder)/config.json")
        let checkpoint = try checkpoint(folder: folder, on: backend)
        let model = try make(file, ParameterScope(checkpoint).bearing(.bfloat16)) {
            checkpoint.storedShape(of: $0)?.rank == 4
        }
        try checkpoint.finish()
        return model
    }

    /// The weights of either class, under the keys that `make` asks for.
    public static func checkpoint(folder: String, on backend: any Backend) throws(CheckpointError)
        -> ComponentCheckpoint
    {
        try ComponentCheckpoint(
            folder: folder, stem: "diffusion_pytorch_model", on: backend,
            canonical: AutoencoderKL.canonicalKey)
    }

    /// The autoencoder that `config.json` describes.
    /// - Parameter isConvolution: whether a key is stored with four dimensions, as the attention of old files is.
    public static func make(
        _ file: ConfigFile, _ scope: ParameterScope, isConvolution: (String) -> Bool = { _ in false }
    ) throws(CheckpointError) -> any ImageAutoencoder {
        switch try file.string("_class_name", among: ["AutoencoderKL", "AutoencoderTiny"]) {
        case "AutoencoderTiny":
            try AutoencoderTiny(AutoencoderTiny.Configuration(file), scope)
        default:
            try AutoencoderKL(AutoencoderKL.Configuration(file), scope, isConvolution: isConvolution)
        }
    }
}
