/// Four wheels, a cabin, lamps.
enum CarShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let length = toy.random.number(0.6...0.8)
        let cabin = toy.random.number(0.26...0.42)
        let at = toy.random.number(-0.08...0.2)
        let wheel = toy.random.number(0.18...0.25)
        let spoiler = toy.random.chance(0.35)
        let rack = !spoiler && toy.random.chance(0.4)
        let low = wheel * 1.0 + 0.16
        toy.box(Vector(0, low, 0), Vector(0.42, 0.2, length), edge: 0.14, .main)
        let roof = Vector(0, low + 0.2 + cabin * 0.5, at)
        toy.box(roof, Vector(0.36, cabin * 0.62, length * 0.5), edge: 0.15, .main, .soft(0.07))
        toy.box(roof + Vector(0, 0.01, 0), Vector(0.29, cabin * 0.36, length * 0.52), edge: 0.06, .glass)
        toy.box(roof + Vector(0, 0.01, 0), Vector(0.385, cabin * 0.34, length * 0.36), edge: 0.05, .glass)
        toy.box(roof + Vector(0, cabin * 0.55, 0), Vector(0.3, 0.05, length * 0.4), edge: 0.04, .second)
        toy.box(Vector(0, low - 0.1, 0), Vector(0.44, 0.06, length * 1.03), edge: 0.05, .second)
        toy.wheels(Vector(0.4, wheel, -length * 0.6), wheel, width: 0.16, .accent)
        toy.wheels(Vector(0.4, wheel, length * 0.6), wheel, width: 0.16, .accent)
        toy.ball(Vector(0.26, low + 0.04, -length * 0.97), 0.095, .lamp, .pair)
        toy.ellipsoid(Vector(0.29, low + 0.04, length * 0.98), Vector(0.08, 0.06, 0.04), .accent, .pair)
        if spoiler {
            toy.box(
                Vector(0.26, low + 0.28, length * 0.85), Vector(0.03, 0.1, 0.05), edge: 0.02, .accent, .pair)
            toy.box(Vector(0, low + 0.38, length * 0.87), Vector(0.42, 0.03, 0.12), edge: 0.03, .accent)
        }
        if rack {
            toy.box(roof + Vector(0, cabin * 0.55 + 0.12, 0), Vector(0.2, 0.1, 0.22), edge: 0.03, .accent)
        }
    }
}
