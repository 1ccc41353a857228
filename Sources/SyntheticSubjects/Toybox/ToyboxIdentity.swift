/// What makes a subject this one and no other: it is the same in all its pictures.
public struct ToyboxIdentity: Sendable, Equatable {
    public let kind: ToyboxKind
    /// Main, second and accent colour.
    public let colors: [ToyboxColor]
    /// Painted on the main colour with the second.
    public let pattern: ToyboxPattern
    /// Matt, glossy or woolly.
    public let finish: ToyboxFinish
    /// What an animal or a robot wears, if anything.
    public let accessory: ToyboxAccessory?
    /// The pattern's repeats in a unit, its share of the second colour, its direction and its place.
    let patternScale, patternAmount: Float
    let patternAxis, patternPhase: SIMD3<Float>
    /// Where the draws of its proportions begin: the subject's own number and the toybox's seed.
    let seed: UInt64
    let subject: Int

    init(seed: UInt64, subject: Int, kind: ToyboxKind? = nil) {
        var random = ToyboxRandom(seed, subject, purpose: .identity)
        (self.seed, self.subject) = (seed, subject)
        let drawn = random.pick(ToyboxKind.allCases)
        self.kind = kind ?? drawn
        colors = ToyboxColor.palette(&random)
        pattern = random.chance(0.12) ? .plain : random.pick(ToyboxPattern.allCases.filter { $0 != .plain })
        finish = random.pick(ToyboxFinish.allCases)
        let worn = random.chance(0.6) ? random.pick(ToyboxAccessory.allCases) : nil
        accessory = self.kind.wears ? worn : nil
        patternScale = random.number(pattern.scales)
        patternAmount = random.number(0.38...0.58)
        patternAxis = random.pick([
            Vector(0, 1, 0), Vector(0, 1, 0), Vector(0, 0, 1), Vector(1, 0, 0), Vector(0.7071, 0.7071, 0),
            Vector(0, 0.7071, 0.7071),
        ])
        patternPhase = Vector(random.number(0...9), random.number(0...9), random.number(0...9))
    }

    /// The draws of its proportions.
    var proportions: ToyboxRandom { ToyboxRandom(seed, subject, purpose: .shape) }
}
