/// A long box with a row of windows; two decks on some.
enum BusShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let decks = toy.random.chance(0.4) ? 2 : 1
        let length = toy.random.number(0.7...0.9)
        let wheel = toy.random.number(0.15...0.2)
        let height: Float = decks == 2 ? 0.6 : 0.4
        let low = wheel + 0.04
        let middle = Vector(0, low + height, 0)
        toy.box(middle, Vector(0.38, height, length), edge: 0.11, .main)
        let floor = height * 2 / Float(decks)
        for deck in 0..<decks {
            let y = low + floor * (Float(deck) + 0.62)
            for index in 0..<4 {
                let z = length * (-0.66 + 0.44 * Float(index))
                toy.box(Vector(0, y, z), Vector(0.395, floor * 0.2, length * 0.17), edge: 0.03, .glass)
            }
            toy.box(Vector(0, y, 0), Vector(0.3, floor * 0.22, length + 0.012), edge: 0.03, .glass)
        }
        toy.box(
            Vector(0, low + floor * 0.26, 0), Vector(0.392, floor * 0.07, length + 0.01), edge: 0.03, .second)
        toy.box(Vector(0, low + height * 2, 0), Vector(0.32, 0.05, length * 0.92), edge: 0.04, .second)
        if toy.random.chance(0.5) {
            toy.box(
                Vector(0, low + height * 2 + 0.07, -length * 0.55), Vector(0.2, 0.07, 0.12), edge: 0.03,
                .accent)
        }
        toy.wheels(Vector(0.36, wheel, -length * 0.58), wheel, width: 0.14, .accent)
        toy.wheels(Vector(0.36, wheel, length * 0.58), wheel, width: 0.14, .accent)
        toy.ball(Vector(0.25, low + 0.14, -length), 0.075, .lamp, .pair)
        toy.box(Vector(0, low + 0.06, -length - 0.01), Vector(0.36, 0.05, 0.05), edge: 0.03, .accent)
    }
}
