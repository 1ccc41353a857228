import Tensors

/// Who sees whom in the self-attention layers of one forward pass.
///
/// The images of a batch form sets, in order. An image attends to every image of its set and to what the
/// set's references left in a bank; sets do not see each other. References of mode `cached` may pass together with
/// what is made of them, as they do in training: each is then `alone`, and the others see it.
public struct Coupling {
    /// Consecutive images of the batch that attend to each other.
    public struct ImageSet {
        public let images: Int
        /// References that all images of the set see.
        public let references: [ReferenceKeysValues]
        /// The first of the images, which attend to themselves only. With any, the others attend to themselves and
        /// to these, but not to each other; with none, all attend to all.
        public let alone: Int

        public init(images: Int, references: [ReferenceKeysValues] = []) {
            self.init(images: images, references: references, alone: 0)
        }

        private init(images: Int, references: [ReferenceKeysValues], alone: Int) {
            precondition(alone <= images, "\(alone) of \(images) images alone")
            self.images = images
            self.references = references
            self.alone = alone
        }

        /// A set of mode `cached` whose references, the first `references` of its images, pass with it.
        public static func oneWay(images: Int, references: Int) -> [ImageSet] {
            // Without references nobody sees anybody.
            references > 0
                ? [ImageSet(images: images, references: [], alone: references)]
                : Array(repeating: ImageSet(images: 1), count: images)
        }
    }

    public let sets: [ImageSet]
    /// Collects the keys and values of this pass.
    public let recorder: ReferenceRecorder?
    /// Sees which tokens of references count in this pass.
    public let counter: ReferenceTokenCounter?

    public init(
        sets: [ImageSet], recorder: ReferenceRecorder? = nil, counter: ReferenceTokenCounter? = nil
    ) {
        self.sets = sets
        self.recorder = recorder
        self.counter = counter
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
        func tokens(of rows: Range<Int>) -> KeysValues {
            let flat: Shape = [rows.count * keys.shape[1], keys.shape[2]]
            return KeysValues(
                keys: keys[rows: rows].reshaped(flat), values: values[rows: rows].reshaped(flat))
        }
        for set in sets {
            let rows = first..<first + set.images
            let references = set.references.map { $0.layers[layer] }
            if set.alone == 0 {
                perImage += Array(repeating: [tokens(of: rows)] + references, count: set.images)
            } else {
                let alone = (first..<first + set.alone).map { tokens(of: $0..<$0 + 1) }
                perImage += alone.map { [$0] }
                perImage += (first + set.alone..<rows.upperBound).map {
                    [tokens(of: $0..<$0 + 1)] + alone + references
                }
            }
            first += set.images
        }
        return perImage
    }
}
