/// A coiled shell on a soft foot, eyes on stalks.
enum SnailShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let shell = toy.random.number(0.36...0.48)
        let stalk = toy.random.number(0.22...0.42)
        let spread = toy.random.number(0.1...0.24)
        let middle = Vector(0, shell + 0.12, 0.12)
        toy.limb(Vector(0, 0.1, 0.62), Vector(0, 0.14, -0.4), 0.07, 0.17, .second)
        toy.limb(Vector(0, 0.14, -0.4), Vector(0, 0.52, -0.6), 0.17, 0.16, .second, .soft(0.12))
        toy.ellipsoid(middle, Vector(shell * 0.62, shell, shell), .main)
        let side = Frame.yaw(0.25)
        toy.arc(
            middle + Vector(shell * 0.42, 0, 0), shell * 0.62, shell * 0.22, opening: 1, .main,
            .softPair(0.02), side)
        toy.arc(
            middle + Vector(shell * 0.56, 0, 0), shell * 0.28, shell * 0.17, opening: 1, .accent,
            .softPair(0.02), side)
        toy.ball(middle + Vector(shell * 0.64, 0, 0), shell * 0.16, .second, .pair)
        toy.arc(middle + Vector(0, 0, 0), shell * 0.98, shell * 0.1, opening: 0.62, .accent, .hard, side)
        let head = Vector(0, 0.56, -0.62)
        toy.limb(
            head + Vector(0.08, 0.08, 0), head + Vector(spread, stalk, -0.08), 0.05, 0.04, .second,
            .softPair(0.03))
        let eye = head + Vector(spread, stalk + 0.05, -0.09)
        toy.ball(eye, 0.1, .white, .pair)
        toy.ball(eye + Vector(0, 0.01, -0.055), 0.062, .black, .pair)
        toy.ball(eye + Vector(0.02, 0.04, -0.1), 0.022, .white, .pair)
        toy.ellipsoid(head + Vector(0.1, -0.06, -0.12), Vector(0.05, 0.035, 0.03), .accent, .pair)
    }
}
