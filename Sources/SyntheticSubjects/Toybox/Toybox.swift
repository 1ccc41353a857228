import Images

/// An endless box of toys, each photographed in many places: subjects with pictures, masks and captions, all drawn by a
/// formula from a seed.
///
/// A subject is an identity: a kind (cat, car, teapot, ...) with its own colours, pattern, parts and proportions. Its
/// pictures differ in scene, light, view, size, place and in what stands before it. Everything is a function of
/// (seed, subject, image, view, size) and the same bytes on every processor. Values of this type hold nothing but the seed: call
/// them from as many threads as there are.
public struct Toybox: Sendable {
    public let seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// Whether a subject is set aside for evaluation: one of eight, by its number, so that a trainer which skips these
    /// never sees them. Holds for every seed.
    public static func isHeldOut(subject: Int) -> Bool { subject % 8 == 7 }

    /// - Parameter kind: what it is; nil for a kind by chance.
    public func identity(subject: Int, kind: ToyboxKind? = nil) -> ToyboxIdentity {
        ToyboxIdentity(seed: seed, subject: subject, kind: kind)
    }

    /// What is to be seen in a subject's picture; its parts may be changed before it is drawn.
    ///
    /// - Parameters:
    ///   - image: which of the subject's pictures; there is no end to them.
    ///   - kind: what the subject is; nil for a kind by chance.
    ///   - scene: where it is; nil for a scene by chance.
    ///   - view: how it is taken.
    public func composition(
        subject: Int, image: Int, kind: ToyboxKind? = nil, scene: ToyboxScene? = nil, view: ToyboxView = .any
    ) -> ToyboxComposition {
        ToyboxComposition(
            identity: identity(subject: subject, kind: kind), image: image, scene: scene, view: view)
    }

    /// A picture of a subject, with mask and captions.
    ///
    /// - Parameter size: the picture's side in pixels, 1 to 4096. The same picture at any of them.
    public func sample(subject: Int, image: Int, size: Int) -> ToyboxSample {
        sample(composition(subject: subject, image: image), image: image, size: size)
    }

    /// Draws a composition.
    ///
    /// - Parameters:
    ///   - image: decides the words of the caption.
    ///   - size: the picture's side in pixels, 1 to 4096.
    public func sample(_ composition: ToyboxComposition, image: Int = 0, size: Int) -> ToyboxSample {
        precondition(
            (1...Self.maximumSize).contains(size), "a picture's side is 1 to \(Self.maximumSize) pixels")
        let (picture, mask) = ToyboxRendering(composition).pixels(size: size)
        return ToyboxSample(
            image: picture, mask: mask, caption: caption(composition, image: image),
            plainCaption: ToyboxCaption.plain(composition), composition: composition)
    }

    /// The varied caption that ``sample(subject:image:size:)`` has, without drawing.
    public func caption(subject: Int, image: Int) -> String {
        caption(composition(subject: subject, image: image), image: image)
    }

    /// The varied caption of a composition, without drawing it.
    public func caption(_ composition: ToyboxComposition, image: Int) -> String {
        var random = ToyboxRandom(
            composition.identity.seed, composition.identity.subject, image, purpose: .caption)
        return ToyboxCaption.varied(composition, &random)
    }

    /// The largest side of a picture, in pixels.
    public static let maximumSize = 4096
}
