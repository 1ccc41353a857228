/// A teddy that sits: round ears, arms, a belly.
enum BearShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let fat = toy.random.number(0.34...0.46)
        let head = toy.random.number(0.34...0.42)
        let ear = toy.random.number(0.11...0.18)
        let arm = toy.random.number(0.0...0.3)
        let middle = Vector(0, 0.72 + head * 0.75, -0.05)
        toy.ellipsoid(Vector(0, 0.42, 0.04), Vector(fat, 0.43, fat * 0.88), .main)
        toy.ellipsoid(Vector(0, 0.4, -fat * 0.42), Vector(fat * 0.66, 0.3, fat * 0.52), .second)
        toy.limb(Vector(0.24, 0.16, -0.15), Vector(0.3, 0.15, -0.45), 0.16, 0.15, .main, .softPair(0.05))
        toy.ellipsoid(Vector(0.3, 0.16, -0.57), Vector(0.12, 0.14, 0.06), .accent, .pair)
        toy.limb(
            Vector(fat * 0.85, 0.66, -0.04), Vector(fat + 0.2, 0.36 + arm, -0.22), 0.13, 0.13, .main,
            .softPair(0.05))
        toy.ball(Vector(fat + 0.21, 0.35 + arm, -0.24), 0.125, .second, .softPair(0.03))
        toy.ellipsoid(middle, Vector(head * 1.1, head * 0.95, head * 0.92), .main, .soft(0.06))
        toy.ball(middle + Vector(head * 0.78, head * 0.72, 0.03), ear, .main, .softPair(0.03))
        toy.ellipsoid(
            middle + Vector(head * 0.78, head * 0.72, 0.03 - ear * 0.7),
            Vector(ear * 0.66, ear * 0.66, ear * 0.42), .accent, .pair)
        toy.ellipsoid(
            middle + Vector(0, -head * 0.25, -head * 0.8), Vector(head * 0.46, head * 0.36, head * 0.34),
            .second, .soft(0.03))
        toy.ellipsoid(middle + Vector(0, -head * 0.06, -head * 1.12), Vector(0.08, 0.055, 0.05), .black)
        toy.eyes(middle + Vector(head * 0.4, head * 0.22, -head * 0.84), 0.062, white: false)
        toy.ball(Vector(0, 0.28, fat * 0.9), 0.13, .accent, .soft(0.03))
        toy.wear(
            top: middle + Vector(0, head * 0.88, 0), topRadius: head * 0.66, neck: Vector(0, 0.76, 0),
            neckRadius: 0.27)
    }
}
