/// A spout to one side, a handle to the other, a lid.
enum TeapotShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let wide = toy.random.number(0.42...0.52)
        let tall = toy.random.number(0.36...0.5)
        let spout = toy.random.number(0.26...0.42)
        let handle = toy.random.number(0.22...0.3)
        let knob = toy.random.number(0.08...0.13)
        let over = toy.random.chance(0.3)
        let middle = Vector(0, tall + 0.05, 0)
        toy.ellipsoid(middle, Vector(wide, tall, wide), .main)
        toy.cylinder(
            Vector(0, 0, 0), Vector(0, 0.1, 0), wide * 0.66, wide * 0.6, edge: 0.03, .second, .soft(0.02))
        toy.chain(
            [
                (middle + Vector(-wide * 0.8, -tall * 0.3, 0), 0.15),
                (middle + Vector(-wide - spout * 0.55, 0.02, 0), 0.1),
                (middle + Vector(-wide - spout, tall * 0.75, 0), 0.07),
            ], .accent, .soft(0.06))
        if over {
            toy.arc(
                middle + Vector(0, tall * 0.72, 0), wide * 0.82, 0.055, opening: 0.52, .accent, .soft(0.03))
        } else {
            toy.arc(
                middle + Vector(wide * 0.9, 0.02, 0), handle, 0.06, opening: 0.64, .accent, .soft(0.05),
                .roll(-0.25))
        }
        let lid = middle + Vector(0, tall * 0.86, 0)
        toy.ellipsoid(lid, Vector(wide * 0.56, tall * 0.28, wide * 0.56), .second, .soft(0.015))
        toy.arc(lid, wide * 0.56, 0.035, opening: 1, .accent, .hard, .pitch(0.25))
        toy.ball(lid + Vector(0, tall * 0.28 + knob * 0.7, 0), knob, .accent, .soft(0.03))
        if toy.random.chance(0.4) {
            toy.arc(
                middle + Vector(0, -tall * 0.1, 0), wide * 0.975, 0.045, opening: 1, .second, .hard,
                .pitch(0.25))
        }
    }
}
