/// A colour with its English word: sRGB, 0 to 1.
public struct ToyboxColor: Sendable, Equatable {
    /// As in "a red cat".
    public let word: String
    public let red, green, blue: Float

    public static let all: [ToyboxColor] = saturated + neutral

    static let saturated = [
        ToyboxColor("red", 0.87, 0.12, 0.13), ToyboxColor("orange", 0.97, 0.49, 0.07),
        ToyboxColor("yellow", 0.99, 0.82, 0.12), ToyboxColor("lime", 0.60, 0.84, 0.14),
        ToyboxColor("green", 0.15, 0.60, 0.23), ToyboxColor("teal", 0.04, 0.55, 0.55),
        ToyboxColor("turquoise", 0.23, 0.82, 0.86), ToyboxColor("blue", 0.13, 0.36, 0.90),
        ToyboxColor("purple", 0.48, 0.20, 0.74), ToyboxColor("pink", 0.98, 0.50, 0.70),
        ToyboxColor("magenta", 0.87, 0.09, 0.53),
    ]

    static let neutral = [
        ToyboxColor("brown", 0.47, 0.26, 0.13), ToyboxColor("white", 0.95, 0.94, 0.91),
        ToyboxColor("black", 0.12, 0.12, 0.15), ToyboxColor("navy", 0.10, 0.14, 0.42),
        ToyboxColor("cream", 0.97, 0.88, 0.68), ToyboxColor("grey", 0.55, 0.57, 0.60),
    ]

    init(_ word: String, _ red: Float, _ green: Float, _ blue: Float) {
        (self.word, self.red, self.green, self.blue) = (word, red, green, blue)
    }

    var vector: Vector { Vector(red, green, blue) }

    /// How different two colours look, roughly; black and white are 1.7 apart.
    func distance(to other: ToyboxColor) -> Float { (vector - other.vector).length }

    /// The same word's colour, a little different.
    func varied(_ random: inout ToyboxRandom) -> ToyboxColor {
        func near(_ value: Float) -> Float { min(1, max(0.03, value + random.number(-0.05...0.05))) }
        return ToyboxColor(word, near(red), near(green), near(blue))
    }

    /// Three that are easy to tell apart: the first saturated more often than not.
    static func palette(_ random: inout ToyboxRandom) -> [ToyboxColor] {
        let main = random.chance(0.8) ? random.pick(saturated) : random.pick(neutral)
        let second = random.pick(all.filter { $0.distance(to: main) > 0.55 })
        // With one of both neutral there is a third of full colour.
        let isNeutral = neutral.contains { $0.word == main.word || $0.word == second.word }
        let third = random.pick(
            (isNeutral ? saturated : all).filter {
                $0.distance(to: main) > 0.42 && $0.distance(to: second) > 0.42
            })
        return [main, second, third].map { $0.varied(&random) }
    }
}
