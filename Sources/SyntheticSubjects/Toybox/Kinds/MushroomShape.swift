/// A cap on a stem; a small one beside it on some.
enum MushroomShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let cap = toy.random.number(0.46...0.62)
        let tall = toy.random.number(0.3...0.46)
        let stem = toy.random.number(0.56...0.8)
        let thick = toy.random.number(0.17...0.26)
        let face = toy.random.chance(0.55)
        let small = toy.random.chance(0.5)
        let skirt = toy.random.chance(0.5)
        toy.ellipsoid(Vector(0, stem + 0.08, 0), Vector(cap, tall + 0.06, cap), .main)
        toy.ellipsoid(Vector(0, stem - tall * 0.72, 0), Vector(cap * 1.3, tall, cap * 1.3), .second, .carve)
        toy.arc(Vector(0, stem + 0.08, 0), cap * 0.95, 0.05, opening: 1, .accent, .soft(0.02), .pitch(0.25))
        toy.limb(Vector(0, thick * 1.15, 0), Vector(0, stem + 0.12, 0), thick * 1.15, thick * 0.85, .second)
        if skirt {
            toy.cylinder(
                Vector(0, stem * 0.62, 0), Vector(0, stem * 0.82, 0), thick * 1.5, thick * 0.95, edge: 0.03,
                .accent)
        }
        if face {
            toy.eyes(Vector(thick * 0.45, stem * 0.46, -thick * 0.96), 0.066, white: false)
            toy.ball(Vector(thick * 0.72, stem * 0.3, -thick * 0.86), 0.045, .accent, .pair)
        }
        if small {
            let side = toy.random.side()
            let foot = Vector(side * (thick + 0.3), 0, -0.12)
            toy.limb(foot + Vector(0, 0.09, 0), foot + Vector(0, 0.3, 0), 0.1, 0.075, .second)
            toy.ellipsoid(foot + Vector(0, 0.32, 0), Vector(0.2, 0.14, 0.2), .main)
            toy.ellipsoid(foot + Vector(0, 0.27, 0), Vector(0.19, 0.05, 0.19), .accent, .soft(0.02))
        }
    }
}
