/// Sits upright: pointed ears, a long tail.
enum CatShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let head = toy.random.number(0.36...0.44)
        let width = toy.random.number(1.0...1.22)
        let ear = toy.random.number(0.2...0.38)
        let tail = toy.random.side()
        let fat = toy.random.number(0.3...0.4)
        let middle = Vector(0, 0.62 + head * 0.85, -0.1)
        toy.ellipsoid(Vector(0, 0.4, 0.05), Vector(fat, 0.42, fat * 0.95), .main)
        toy.limb(Vector(0.16, 0.45, -0.17), Vector(0.15, 0.09, -0.3), 0.12, 0.1, .main, .softPair(0.06))
        toy.ellipsoid(Vector(0.26, 0.12, -0.12), Vector(0.14, 0.12, 0.22), .main, .softPair(0.06))
        toy.ellipsoid(Vector(0.15, 0.06, -0.35), Vector(0.1, 0.07, 0.11), .second, .pair)
        toy.ellipsoid(Vector(0, 0.45, -0.14), Vector(fat * 0.62, 0.28, 0.2), .second)
        toy.ellipsoid(middle, Vector(head * width, head * 0.9, head * 0.88), .main, .soft(0.05))
        let root = middle + Vector(head * 0.55 * width, head * 0.52, 0)
        let tip = root + Vector(head * 0.3, ear + 0.06, 0.04)
        toy.limb(root, tip, head * 0.36, 0.035, .main, .softPair(0.04), flattening: 1.9)
        let step = Vector(-0.01, -0.01, -0.06)
        toy.limb(
            root + step, root + (tip - root) * 0.75 + step, head * 0.2, 0.025, .second, .pair, flattening: 1.7
        )
        toy.ellipsoid(
            middle + Vector(0, -head * 0.32, -head * 0.72), Vector(head * 0.46, head * 0.3, head * 0.3),
            .second, .soft(0.04))
        toy.ellipsoid(middle + Vector(0, -head * 0.16, -head * 1.0), Vector(0.055, 0.04, 0.04), .black)
        toy.eyes(middle + Vector(head * 0.42 * width, head * 0.14, -head * 0.76), head * 0.2)
        toy.chain(
            [
                (Vector(0, 0.16, 0.32), 0.085), (Vector(0.26 * tail, 0.14, 0.5), 0.08),
                (Vector(0.46 * tail, 0.3, 0.5), 0.075), (Vector(0.5 * tail, 0.56, 0.45), 0.07),
            ], .main, .soft(0.05))
        toy.ball(Vector(0.5 * tail, 0.6, 0.44), 0.1, .accent, .soft(0.03))
        toy.wear(
            top: middle + Vector(0, head * 0.86, 0), topRadius: head * 0.62, neck: Vector(0, 0.68, -0.03),
            neckRadius: 0.27)
    }
}
