import ControlAPI
import JointDiffusion
import Logging
import Tensors

/// Everything that a configuration file or the command line can set, while it is being put together.
struct DaemonSettings: Sendable {
    var root: String?
    var state: String?
    var socket: String?
    var model: String?
    var precision = PrecisionChoice.float32
    var threads: Int?
    var adapters: [WeightedAdapter] = []
    var embeddings: [TextEmbedding] = []
    var autoencoder: String?
    /// The tiny decoder that makes previews.
    var previewDecoder: String?
    /// What keys and values may take on the disk.
    var keysValuesBytes: Int64? = 4_000_000_000
    /// What packed weights may take on the disk.
    var packedWeightsBytes: Int64? = EngineCachePlace.usualPackedWeights
    var logLevel = Logger.Level.info
    /// The rest. Its root, state folder and socket are not looked at.
    var rules = DaemonConfiguration(root: "/", stateFolder: "/", socket: "/")
}
