/// Stands on its fins: a nose, a round window.
enum RocketShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let wide = toy.random.number(0.25...0.34)
        let tall = toy.random.number(0.5...0.72)
        let nose = toy.random.number(0.3...0.52)
        let fins = 3 + toy.random.integer(below: 2)
        let fin = toy.random.number(0.24...0.4)
        let low: Float = 0.32
        toy.cylinder(Vector(0, low, 0), Vector(0, low + tall, 0), wide * 0.86, wide, edge: 0.06, .main)
        let shoulder = Vector(0, low + tall - 0.02, 0)
        toy.limb(shoulder, shoulder + Vector(0, nose, 0), wide * 0.97, 0.05, .accent)
        toy.ball(shoulder + Vector(0, nose + 0.05, 0), 0.075, .second)
        toy.arc(Vector(0, low + tall * 0.98, 0), wide * 0.96, 0.04, opening: 1, .second, .hard, .pitch(0.25))
        toy.arc(Vector(0, low + 0.1, 0), wide * 0.86, 0.04, opening: 1, .second, .hard, .pitch(0.25))
        let window = Vector(0, low + tall * 0.62, -wide * 0.92)
        toy.arc(window, 0.125, 0.04, opening: 1, .second)
        toy.ellipsoid(window, Vector(0.11, 0.11, 0.05), .glass)
        if toy.random.chance(0.5) {
            toy.arc(window + Vector(0, -0.34, 0.03), 0.075, 0.03, opening: 1, .second)
            toy.ellipsoid(window + Vector(0, -0.34, 0.03), Vector(0.07, 0.07, 0.04), .glass)
        }
        toy.cylinder(
            Vector(0, low - 0.16, 0), Vector(0, low + 0.02, 0), wide * 0.62, wide * 0.5, edge: 0.03, .metal)
        for index in 0..<fins {
            let turn = Float(index) / Float(fins) + (fins == 4 ? 0.125 : 0.0)
            let out = Vector(Turn.sine(turn), 0, Turn.cosine(turn))
            toy.ellipsoid(
                out * (wide + fin * 0.3) + Vector(0, low - 0.02, 0), Vector(0.055, 0.33, fin * 0.85), .accent,
                .soft(0.04),
                Frame(x: Vector(out.z, 0, -out.x), y: Vector(0, 1, 0), z: out))
            toy.ball(out * (wide + fin * 0.75) + Vector(0, 0.07, 0), 0.085, .second, .soft(0.03))
        }
    }
}
