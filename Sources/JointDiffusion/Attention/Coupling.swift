import Tensors

/// Who sees whom in the self-attention layers of one forward pass.
///
/// The images of a batch form sets, in order. An image attends to every image of its set and to what the
/// set's references left in a bank; sets do not see each other.
public struct Coupling {
    /// Consecutive images of the batch that attend to each other.
    public struct ImageSet {
        public let images: Int
        /// References that all images of the set see.
        public let references: [ReferenceKeysValues]

        public init(images: Int, references: [ReferenceKeysValues] = []) {
            self.images = images
            self.references = references
        }
    }

    public let sets: [ImageSet]
    /// Collects the keys and values of this pass.
    public let recorder: ReferenceRecorder?

    public init(sets: [ImageSet], recorder: ReferenceRecorder? = nil) {
        self.sets = sets
        self.recorder = recorder
    }

    /// Every image alone, as in a plain text-to-image model.
    public static func alone(images: Int, recorder: ReferenceRecorder? = nil) -> Coupling {
        Coupling(sets: Array(repeating: ImageSet(images: 1), count: images), recorder: recorder)
    }

    public var images: Int { sets.reduce(0) { $0 + $1.images } }

    /// For every image, the sequence of keys and values that it attends to in `layer`.
    /// - Parameter keys: `[N, T, C]`, as `values`.
    func keysValues(keys: Tensor, values: Tensor, layer: Int) -> [[KeysValues]] {
        var first = 0
        var perImage: [[KeysValues]] = []
        for set in sets {
            let rows = first..<first + set.images
            let flat: Shape = [set.images * keys.shape[1], keys.shape[2]]
            let own = KeysValues(
                keys: keys[rows: rows].reshaped(flat), values: values[rows: rows].reshaped(flat))
            let seen = [own] + set.references.map { $0.layers[layer] }
            perImage += Array(repeating: seen, count: set.images)
            first += set.images
        }
        return perImage
    }
}
