import Tensors

/// What a model is made of, however its files are laid out. Each part can be asked for more than once, and is
/// then another one; adapters can be used once.
protocol ModelParts: AnyObject {
    func tokenizer() throws -> CLIPTokenizer
    func scheduler() throws -> SchedulerConfiguration
    func textEncoder(_ adapters: LowRankAdapters) throws -> CLIPTextEncoder
    func autoencoder() throws -> any ImageAutoencoder
    func unet(_ adapters: LowRankAdapters) throws -> UNet

    /// The file that says how a network is shaped, for messages.
    func configurationFile(of network: ModelNetwork) -> String

    /// The weights of a network, where each tensor lies.
    func weights(of network: ModelNetwork) -> [(file: SafetensorsFile, tensor: String)]
}

/// The networks of a model.
enum ModelNetwork: String, CaseIterable {
    case textEncoder = "text_encoder"
    case autoencoder = "vae"
    case unet
}

extension ModelParts {
    /// How many numbers each network holds.
    var parameterCounts: [ModelNetwork: Int] {
        Dictionary(
            uniqueKeysWithValues: ModelNetwork.allCases.map { network in
                (network, weights(of: network).reduce(0) { $0 + ($1.file.shape(of: $1.tensor)?.count ?? 0) })
            })
    }

    /// The first tensor in which an exponent says infinity or NaN.
    func nonFiniteWeight(
        _ adapters: LowRankAdapters, on backend: any Backend
    ) -> (file: String, tensor: String)? {
        for (file, name) in ModelNetwork.allCases.flatMap(weights) + adapters.weights {
            if let tensor = try? file.tensor(name, on: backend), !tensor.isFinite { return (file.path, name) }
        }
        return nil
    }
}
