/// A large bloom on a stem with leaves, in a pot.
enum FlowerShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let petals = 5 + toy.random.integer(below: 4)
        let petal = toy.random.number(0.18...0.28)
        let heart = toy.random.number(0.17...0.24)
        let stem = toy.random.number(0.5...0.75)
        let pot = toy.random.number(0.28...0.38)
        let tilt = toy.random.number(0.02...0.1)
        toy.cylinder(Vector(0, 0, 0), Vector(0, 0.4, 0), pot * 0.7, pot, edge: 0.03, .main)
        toy.cylinder(Vector(0, 0.34, 0), Vector(0, 0.46, 0), pot * 1.08, pot * 1.1, edge: 0.03, .second)
        toy.cylinder(Vector(0, 0.42, 0), Vector(0, 0.475, 0), pot * 0.95, pot * 0.95, edge: 0.01, .soil)
        let center = Vector(0, 0.5 + stem, -0.08)
        toy.chain(
            [
                (Vector(0, 0.44, 0), 0.055), (Vector(0.05, 0.46 + stem * 0.5, 0.03), 0.05),
                (center + Vector(0, 0, 0.06), 0.045),
            ], .leaf, .soft(0.03))
        toy.ellipsoid(Vector(0.24, 0.62, 0), Vector(0.24, 0.07, 0.12), .leaf, .soft(0.03), .roll(0.08))
        toy.ellipsoid(Vector(-0.22, 0.7, 0.02), Vector(0.22, 0.07, 0.11), .leaf, .soft(0.03), .roll(-0.09))
        let disc = Frame.pitch(-tilt)
        for index in 0..<petals {
            let turn = Float(index) / Float(petals)
            let out = disc.outward(Vector(Turn.sine(turn), Turn.cosine(turn), 0))
            let along = Frame(up: out, front: disc.z)
            toy.ellipsoid(
                center + out * (heart + petal * 0.55), Vector(petal * 0.62, petal, 0.07),
                index % 2 == 0 ? .accent : .plain, .soft(0.015), along)
        }
        toy.ellipsoid(
            center + disc.outward(Vector(0, 0, -0.02)), Vector(heart, heart, 0.12), .second, .soft(0.02), disc
        )
        if toy.random.chance(0.6) {
            toy.eyes(
                center + disc.outward(Vector(heart * 0.4, heart * 0.15, -0.12)), heart * 0.24, white: false)
            toy.arc(
                center + disc.outward(Vector(0, -heart * 0.1, -0.135)), heart * 0.4, 0.02, opening: 0.36,
                .black, .hard, .roll(0.5))
        }
    }
}
