/// A handle, and coffee in it.
enum MugShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let lower = toy.random.number(0.34...0.46)
        let upper = toy.random.number(0.38...0.5)
        let height = toy.random.number(0.72...1.02)
        let handle = toy.random.number(0.2...0.3)
        let thin = toy.random.number(0.05...0.085)
        let rim = toy.random.chance(0.7)
        let top = Vector(0, height, 0)
        toy.cylinder(Vector(0, 0, 0), top, lower, upper, edge: 0.06, .main)
        toy.arc(
            Vector((lower + upper) / 2 + 0.02, height * 0.52, 0), handle, thin, opening: 0.62, .accent,
            .soft(0.05), .roll(-0.25))
        toy.cylinder(
            Vector(0, height * 0.55, 0), top + Vector(0, 0.2, 0), upper * 0.8, upper * 0.88, edge: 0.03,
            .second, .carve)
        toy.cylinder(
            Vector(0, height * 0.5, 0), Vector(0, height * 0.84, 0), upper * 0.82, upper * 0.85, edge: 0.01,
            .coffee)
        if rim {
            toy.arc(top - Vector(0, 0.03, 0), upper * 0.93, 0.05, opening: 1, .second, .hard, .pitch(0.25))
        }
        switch toy.random.integer(below: 4) {
        case 0:  // a face
            toy.eyes(Vector(lower * 0.36, height * 0.6, -(lower + upper) / 2 * 0.92), 0.085)
            toy.arc(
                Vector(0, height * 0.43, -(lower + upper) / 2 * 0.97), 0.1, 0.025, opening: 0.4, .black,
                .hard, .roll(0.5))
        case 1:  // a band round the middle
            toy.arc(
                Vector(0, height * 0.3, 0), lower + (upper - lower) * 0.3 - 0.01, 0.055, opening: 1, .accent,
                .hard, .pitch(0.25))
        case 2:  // a spoon
            toy.limb(
                Vector(0.1, height * 0.7, 0.1), Vector(upper * 0.8, height * 1.42, 0.24), 0.03, 0.035, .metal)
            toy.ellipsoid(Vector(upper * 0.83, height * 1.45, 0.25), Vector(0.07, 0.1, 0.04), .metal)
        default:  // feet
            toy.ball(Vector(lower * 0.6, 0.04, -lower * 0.6), 0.1, .accent, .pair)
            toy.ball(Vector(lower * 0.6, 0.04, lower * 0.6), 0.1, .accent, .pair)
        }
    }
}
