/// Which subjects to make and how many pictures of each.
public struct ToyboxOrder: Sendable, Equatable, Codable {
    public var seed: UInt64
    /// How many subjects, and the number of the first.
    public var subjects: Int
    public var first: Int
    /// Pictures of each subject.
    public var images: Int
    /// A picture's side in pixels.
    public var size: Int
    /// What the subjects are, in turns; empty for all kinds by chance.
    public var kinds: [ToyboxKind]
    public var view: ToyboxView

    public init(
        seed: UInt64, subjects: Int, first: Int = 0, images: Int, size: Int, kinds: [ToyboxKind] = [],
        view: ToyboxView = .any
    ) {
        self.seed = seed
        self.subjects = subjects
        self.first = first
        self.images = images
        self.size = size
        self.kinds = kinds
        self.view = view
    }

    /// The numbers of the subjects.
    public var numbers: Range<Int> { first..<first + subjects }

    /// What a subject is to be; nil leaves it to chance.
    public func kind(of subject: Int) -> ToyboxKind? {
        kinds.isEmpty ? nil : kinds[subject % kinds.count]
    }

    func identity(of subject: Int) -> ToyboxIdentity {
        Toybox(seed: seed).identity(subject: subject, kind: kind(of: subject))
    }

    /// One of a subject's pictures.
    public func sample(subject: Int, image: Int) -> ToyboxSample {
        let toybox = Toybox(seed: seed)
        return toybox.sample(
            toybox.composition(subject: subject, image: image, kind: kind(of: subject), view: view),
            image: image, size: size)
    }
}

extension ToyboxKind: Codable {}
