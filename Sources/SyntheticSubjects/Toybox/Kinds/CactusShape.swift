/// Arms and a flower, in a pot.
enum CactusShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let tall = toy.random.number(0.5...0.72)
        let thick = toy.random.number(0.18...0.25)
        let arms = 1 + toy.random.integer(below: 3)
        let pot = toy.random.number(0.32...0.4)
        let face = toy.random.chance(0.45)
        toy.cylinder(Vector(0, 0, 0), Vector(0, 0.38, 0), pot * 0.72, pot, edge: 0.03, .second)
        toy.cylinder(Vector(0, 0.32, 0), Vector(0, 0.44, 0), pot * 1.1, pot * 1.12, edge: 0.03, .accent)
        toy.cylinder(Vector(0, 0.4, 0), Vector(0, 0.46, 0), pot * 0.98, pot * 0.98, edge: 0.01, .soil)
        toy.limb(Vector(0, 0.42, 0), Vector(0, 0.42 + tall, 0), thick, thick * 0.92, .main)
        for index in 0..<arms {
            let side: Float = index == 0 ? 1 : -1
            let y = 0.62 + toy.random.number(0...0.22) + (index == 2 ? 0.2 : 0)
            let out = thick + toy.random.number(0.16...0.26)
            let up = toy.random.number(0.16...0.36)
            let depth: Float = index == 2 ? 0.2 : 0
            toy.chain(
                [
                    (Vector(side * thick * 0.5, y, depth * 0.3), thick * 0.5),
                    (Vector(side * out, y + 0.05, depth), thick * 0.5),
                    (Vector(side * out, y + 0.05 + up, depth), thick * 0.45),
                ], .main, .soft(0.06))
        }
        let top = Vector(0, 0.42 + tall + thick * 0.9, 0)
        toy.ball(top, 0.07, .lamp)
        for index in 0..<5 {
            let turn = Float(index) / 5
            toy.ball(
                top + Vector(Turn.sine(turn) * 0.1, -0.01, Turn.cosine(turn) * 0.1), 0.07, .accent,
                .soft(0.02))
        }
        if face {
            toy.eyes(Vector(thick * 0.42, 0.42 + tall * 0.62, -thick * 0.86), 0.06, white: false)
            toy.ball(Vector(thick * 0.62, 0.42 + tall * 0.42, -thick * 0.8), 0.045, .accent, .pair)
        }
    }
}
