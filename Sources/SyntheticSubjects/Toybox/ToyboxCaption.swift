/// Captions of a picture: a small grammar.
enum ToyboxCaption {
    static func plain(_ composition: ToyboxComposition) -> String {
        "a photo of the \(composition.identity.kind.noun) \(composition.scene.place)"
    }

    static func varied(_ composition: ToyboxComposition, _ random: inout ToyboxRandom) -> String {
        var words = subject(of: composition, &random)
        let place = random.chance(0.55) ? composition.scene.place : random.pick(composition.scene.otherPlaces)
        let view = view(of: composition)
        let opening = random.pick([
            "a photo of", "a photo of", "a photo of", "a picture of", "a snapshot of", "an image of",
            "a photograph of",
            "",
        ])
        if !opening.isEmpty { words = "\(opening) \(words)" }
        // A caption that says nothing of the view means a portrait's or a front view, nearly always.
        if let view, random.chance(view == Self.front ? 0.35 : 0.9) { words += ", \(view)," }
        words += random.chance(0.25) ? " \(stance(of: composition, &random)) \(place)" : " \(place)"
        if let light = composition.light.words, random.chance(0.35) { words += " \(light)" }
        return words
    }

    /// "a cat", "the striped red and white toy cat with a scarf"
    private static func subject(of composition: ToyboxComposition, _ random: inout ToyboxRandom) -> String {
        let identity = composition.identity
        var adjectives: [String] = []
        if random.chance(0.12) { adjectives.append(random.pick(["little", "small", "cute", "funny"])) }
        let saysColor = random.chance(0.45)
        if let pattern = identity.pattern.adjective, random.chance(saysColor ? 0.4 : 0.15) {
            adjectives.append(pattern)
        }
        if saysColor {
            let (first, second) = (identity.colors[0].word, identity.colors[1].word)
            let isPlain = identity.pattern == .plain || random.chance(0.4)
            adjectives.append(isPlain ? first : "\(first) and \(second)")
        }
        if random.chance(0.2) { adjectives.append("toy") }
        let phrase = (adjectives + [identity.kind.noun]).joined(separator: " ")
        var words = random.chance(0.45) ? "the \(phrase)" : "\(article(phrase)) \(phrase)"
        if let accessory = identity.accessory, random.chance(0.25) { words += " with \(accessory.words)" }
        return words
    }

    private static func article(_ phrase: String) -> String {
        "aeiou".contains(phrase.first ?? "x") ? "an" : "a"
    }

    private static func view(of composition: ToyboxComposition) -> String? {
        if composition.size >= 1 { return "seen close up" }
        if composition.elevation > 0.062 { return "seen from above" }
        if composition.isOccluded { return "half hidden" }
        if composition.size < 0.62 { return "seen from afar" }
        switch abs(composition.yaw) {
        case ..<0.05: return front
        case ...0.15: return composition.yaw < 0 ? "looking to the other side" : nil
        case 0.4...: return "seen from behind"
        default: return "seen from the side"
        }
    }

    private static let front = "seen from the front"

    private static func stance(of composition: ToyboxComposition, _ random: inout ToyboxRandom) -> String {
        composition.identity.kind == .fish
            ? "swimming" : random.pick(["standing", "placed", "all alone", "alone"])
    }
}
