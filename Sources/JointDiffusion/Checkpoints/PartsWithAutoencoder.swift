import Tensors

/// A model whose VAE is another one.
final class PartsWithAutoencoder: ModelParts {
    private let base: any ModelParts
    private let files: AutoencoderFiles

    init(_ base: any ModelParts, _ files: AutoencoderFiles) {
        self.base = base
        self.files = files
    }

    func tokenizer() throws -> CLIPTokenizer { try base.tokenizer() }

    func scheduler() throws -> SchedulerConfiguration { try base.scheduler() }

    func textEncoder(_ adapters: LowRankAdapters) throws -> CLIPTextEncoder {
        try base.textEncoder(adapters)
    }

    func autoencoder() throws -> any ImageAutoencoder { try files.load() }

    func unet(_ adapters: LowRankAdapters) throws -> UNet { try base.unet(adapters) }

    func configurationFile(of network: ModelNetwork) -> String {
        network == .autoencoder ? files.configurationFile : base.configurationFile(of: network)
    }

    func weights(of network: ModelNetwork) -> [(file: SafetensorsFile, tensor: String)] {
        network == .autoencoder ? files.weights : base.weights(of: network)
    }
}
