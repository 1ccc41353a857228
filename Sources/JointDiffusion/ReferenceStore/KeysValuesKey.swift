import Crypto
import Tensors

/// Everything that decides what a photo leaves behind in the U-Net.
public struct KeysValuesKey: Codable, Sendable, Hashable {
    /// The SHA-256 of the photo's bytes, in hexadecimal.
    public var photo: String
    /// The model's hash, with whatever else of it changes its numbers (its precision).
    public var model: String
    public var mode: ReferenceMode
    /// The timestep at which the photo passes: 0 in mode `cached`.
    public var timestep: Double
    /// How many of the text encoder's last layers the empty caption left out, and one.
    public var clipSkip: Int
    /// The picture's size in pixels.
    public var width, height: Int
    /// The SHA-256 of what went into the network: the latent, with its noise where it has some.
    public var input: String

    public init(
        photo: String, model: String, mode: ReferenceMode, timestep: Double, clipSkip: Int = 1, width: Int,
        height: Int, input: Tensor
    ) {
        self.photo = photo
        self.model = model
        self.mode = mode
        self.timestep = timestep
        self.clipSkip = clipSkip
        self.width = width
        self.height = height
        let bytes = UnsafeRawBufferPointer(
            start: input.rawPointer, count: input.count * input.elementType.size)
        self.input = SHA256.hash(data: bytes).hexadecimal
    }

    /// The name of its file: the photo to find it by, and a hash of all.
    var fileName: String {
        let all = "\(photo) \(model) \(mode.rawValue) \(timestep) \(clipSkip) \(width)x\(height) \(input)"
        let hash = SHA256.hash(data: Array(all.utf8)).hexadecimal
        return "\(photo.prefix(16))-\(hash.prefix(32))\(KeysValuesStore.suffix)"
    }
}
