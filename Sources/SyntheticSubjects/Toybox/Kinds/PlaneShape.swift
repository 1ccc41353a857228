/// Wings, a tail, a propeller or two engines.
enum PlaneShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let length = toy.random.number(0.6...0.8)
        let span = toy.random.number(0.7...0.95)
        let chord = toy.random.number(0.17...0.26)
        let sweep = toy.random.number(0...0.3)
        let double = toy.random.chance(0.35)
        let engines = toy.random.chance(0.45)
        let middle = Vector(0, 0.52, 0)
        toy.limb(middle + Vector(0, 0, -length * 0.62), middle + Vector(0, 0.06, length), 0.27, 0.09, .main)
        toy.ellipsoid(middle + Vector(0, 0.2, -length * 0.32), Vector(0.19, 0.18, 0.28), .glass)
        func wing(_ y: Float) {
            let out = middle + Vector(span * 0.52, y + 0.02, sweep * 0.45 - 0.12)
            toy.ellipsoid(
                out, Vector(span * 0.58, 0.055, chord), .second, .softPair(0.03), .yaw(-sweep * 0.14))
            toy.ellipsoid(
                middle + Vector(span * 0.98, y + 0.03, sweep * 0.9 - 0.1), Vector(0.07, 0.07, chord * 0.8),
                .accent, .pair)
        }
        wing(double ? -0.1 : 0)
        if double {
            wing(0.42)
            toy.limb(
                middle + Vector(span * 0.6, -0.08, -0.1 + sweep * 0.6),
                middle + Vector(span * 0.6, 0.44, -0.1 + sweep * 0.6), 0.03, 0.03, .accent, .pair)
        }
        toy.ellipsoid(
            middle + Vector(0, 0.26, length), Vector(0.05, 0.3, 0.17), .accent, .soft(0.03), .pitch(-0.06))
        toy.ellipsoid(
            middle + Vector(0.2, 0.1, length * 0.95), Vector(0.24, 0.045, 0.12), .accent, .softPair(0.03))
        if engines {
            toy.cylinder(
                middle + Vector(span * 0.48, -0.13, -0.42), middle + Vector(span * 0.48, -0.13, 0), 0.12, 0.1,
                edge: 0.04, .accent, .pair)
            toy.ball(middle + Vector(0, 0, -length * 0.62 - 0.2), 0.1, .accent)
        } else {
            let nose = middle + Vector(0, 0, -length * 0.62 - 0.27)
            toy.ball(nose, 0.09, .accent)
            toy.box(nose, Vector(0.4, 0.055, 0.025), edge: 0.02, .rubber, .hard, .roll(toy.random.unit()))
        }
        toy.limb(middle + Vector(0.18, -0.12, -0.25), Vector(0.25, 0.12, -0.27), 0.04, 0.03, .metal, .pair)
        toy.wheels(Vector(0.25, 0.12, -0.27), 0.12, width: 0.09, .accent)
        toy.limb(middle + Vector(0, 0, length * 0.9), Vector(0, 0.08, length * 0.95), 0.04, 0.03, .metal)
        toy.ball(Vector(0, 0.07, length * 0.95), 0.07, .rubber)
    }
}
