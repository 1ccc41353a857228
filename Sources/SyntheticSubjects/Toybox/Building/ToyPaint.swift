import CToybox

/// The materials of a subject, in the order in which they stand before all others of a picture.
enum ToyPaint: Int32, CaseIterable {
    /// The main colour with the pattern, and without.
    case main, plain
    case second, accent
    /// Eyes.
    case white, black
    /// Tyres, glass, metal, lamps.
    case rubber, glass, metal, lamp
    /// What is in a mug or a pot.
    case coffee, soil
    /// Leaves and stems.
    case leaf

    static func materials(of identity: ToyboxIdentity) -> [toybox_material] {
        allCases.map { $0.material(of: identity) }
    }

    private func material(of identity: ToyboxIdentity) -> toybox_material {
        let finish = identity.finish
        func color(_ index: Int) -> Vector { identity.colors[index].vector }
        func painted(_ color: Vector) -> toybox_material {
            .plain(color, gloss: finish.gloss, sheen: finish.sheen)
        }
        switch self {
        case .main:
            var made = painted(color(0))
            made.second = color(1).linear
            made.third = color(2).linear
            made.pattern = identity.pattern.code
            made.scale = identity.patternScale
            made.amount = identity.patternAmount
            made.axis = identity.patternAxis.c
            made.phase = identity.patternPhase.c
            // Halves part in the subject's middle, whichever way they lie.
            if identity.pattern == .halves { made.phase.x = identity.patternAxis.y > 0.5 ? -0.6 : 0 }
            return made
        case .plain: return painted(color(0))
        case .second: return painted(color(1))
        case .accent: return painted(color(2))
        case .white: return .plain(Vector(0.97, 0.97, 0.96), gloss: 0.6)
        case .black: return .plain(Vector(0.06, 0.06, 0.08), gloss: 1)
        case .rubber: return .plain(Vector(0.17, 0.17, 0.19), gloss: 0.15, sheen: 0.3)
        case .glass: return .plain(Vector(0.56, 0.78, 0.93), gloss: 1, sheen: 0.8)
        case .metal: return .plain(Vector(0.75, 0.76, 0.79), gloss: 1, sheen: 0.7)
        case .lamp: return .plain(Vector(1, 0.93, 0.66), gloss: 0.8, glow: 0.35)
        case .coffee: return .plain(Vector(0.33, 0.19, 0.10), gloss: 0.9)
        case .soil: return .plain(Vector(0.32, 0.21, 0.15))
        case .leaf: return .plain(Vector(0.24, 0.62, 0.24), gloss: 0.15, sheen: 0.35)
        }
    }
}

extension toybox_material {
    /// One colour, in sRGB.
    static func plain(_ color: Vector, gloss: Float = 0, sheen: Float = 0.2, glow: Float = 0) -> Self {
        toybox_material(
            base: color.linear, second: color.linear, third: color.linear,
            pattern: Int32(TOYBOX_PLAIN.rawValue), scale: 1, amount: 0.5, axis: Vector(0, 1, 0).c,
            phase: Vector.zero.c, gloss: gloss, sheen: sheen, glow: glow)
    }
}

extension SIMD3<Float> {
    /// A colour of a picture file as an amount of light, nearly: the file's values are taken as square roots.
    var linear: toybox_color { toybox_color(r: x * x, g: y * y, b: z * z) }
}
