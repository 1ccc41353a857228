import Images
import SyntheticSubjects
import Tensors

/// Sets that are drawn while they are asked for.
///
/// Without a pool every set is another toy, and no toy comes twice. With one, toys and pictures come again, so that what is
/// computed of a picture can be kept: there are so many toys, each with so many pictures.
public struct ToyboxSets: SubjectSets {
    /// What `data` says to mean these, rather than a folder of that name.
    public static let name = "toybox"

    /// So many toys, and so many pictures of each, of which the first are portraits.
    public struct Pool: Sendable, Equatable {
        public var subjects: Int
        public var images: Int
        public var portraits: Int

        public init(subjects: Int, images: Int, portraits: Int = 0) {
            self.subjects = subjects
            self.images = images
            self.portraits = portraits
        }
    }

    private let toybox: Toybox
    private let pool: Pool?

    public init(seed: UInt64, pool: Pool? = nil) {
        toybox = Toybox(seed: seed)
        self.pool = pool
    }

    public func images(set index: Int, count: Int, width: Int, height: Int) throws -> [SubjectImage] {
        guard let pool else {
            return try images(of: Self.trained(index), numbers: 0..<count, width: width, height: height)
        }
        let subject = ShuffledRounds(of: pool.subjects, seed: toybox.seed)[index]
        var choice = RandomSource(seed: ~toybox.seed &+ UInt64(index) &* 0xD134_2543_DE82_EF95)
        var numbers: [Int] = []
        while numbers.count < count {
            numbers += (0..<pool.images).shuffled(using: &choice).prefix(count - numbers.count)
        }
        return try images(
            of: Self.trained(subject), numbers: numbers, width: width, height: height, pool: pool)
    }

    public func heldOutImages(set index: Int, count: Int, width: Int, height: Int) throws -> [SubjectImage] {
        try images(of: index * 8 + 7, numbers: 0..<count, width: width, height: height)
    }

    /// Of eight subjects the last is held out.
    private static func trained(_ index: Int) -> Int { index / 7 * 8 + index % 7 }

    private func images(
        of subject: Int, numbers: some Sequence<Int>, width: Int, height: Int, pool: Pool? = nil
    ) throws -> [SubjectImage] {
        guard width == height else {
            throw TrainingError.contradiction(
                file: "data: \(Self.name)",
                reason: "its pictures are square, and \(width) x \(height) was asked for")
        }
        return numbers.map { number in
            let toybox = toybox
            let isPortrait = number < pool?.portraits ?? 0
            let composition = toybox.composition(
                subject: subject, image: number, view: isPortrait ? .portrait : .any)
            let name = "\(toybox.seed)/\(subject)/\(number)" + (isPortrait ? "/portrait" : "")
            return SubjectImage(
                caption: toybox.caption(composition, image: number), identity: pool == nil ? nil : name
            ) {
                let sample = toybox.sample(composition, image: number, size: width)
                return SubjectImage.Photo(image: sample.image, mask: sample.mask)
            }
        }
    }
}

/// What a configuration's `data` stands for.
public enum SubjectSource {
    /// The toybox, or a folder of subjects' folders.
    public static func open(
        _ data: String, seed: UInt64, pool: ToyboxSets.Pool? = nil
    ) throws(TrainingError) -> any SubjectSets {
        data == ToyboxSets.name
            ? ToyboxSets(seed: seed, pool: pool) : try SubjectFolders(folder: data, seed: seed)
    }
}
