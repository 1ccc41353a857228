/// On two legs: a heavy tail, small arms, plates along the back.
enum DinosaurShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let tail = toy.random.number(0.5...0.75)
        let plates = 4 + toy.random.integer(below: 3)
        let plate = toy.random.number(0.1...0.2)
        let snout = toy.random.number(0.12...0.26)
        let horn = toy.random.chance(0.35)
        let head = Vector(0, 1.18, -0.3)
        toy.ellipsoid(Vector(0, 0.56, 0.02), Vector(0.32, 0.4, 0.34), .main)
        toy.ellipsoid(Vector(0, 0.54, -0.16), Vector(0.22, 0.32, 0.22), .second)
        toy.limb(Vector(0, 0.7, -0.05), head, 0.26, 0.22, .main, .soft(0.08))
        toy.ellipsoid(head, Vector(0.27, 0.25, 0.28), .main, .soft(0.05))
        toy.ellipsoid(
            head + Vector(0, -0.06, -0.2 - snout * 0.4), Vector(0.21, 0.15, 0.16 + snout * 0.5), .main,
            .soft(0.06))
        toy.ellipsoid(
            head + Vector(0, -0.13, -0.2 - snout * 0.4), Vector(0.18, 0.1, 0.14 + snout * 0.5), .second)
        let end = Vector(0, 0.24, 0.36 + tail)
        toy.chain(
            [(Vector(0, 0.44, 0.2), 0.27), (Vector(0, 0.26, 0.36 + tail * 0.4), 0.17), (end, 0.05)], .main,
            .soft(0.08))
        toy.limb(Vector(0.22, 0.38, 0.02), Vector(0.24, 0.1, -0.02), 0.17, 0.12, .main, .softPair(0.05))
        toy.ellipsoid(Vector(0.24, 0.06, -0.12), Vector(0.14, 0.07, 0.2), .second, .pair)
        toy.limb(Vector(0.26, 0.72, -0.2), Vector(0.3, 0.58, -0.42), 0.07, 0.055, .main, .softPair(0.03))
        for index in 0..<plates {
            let part = Float(index) / Float(plates - 1)
            // From the head down the back and along the tail.
            let neck = Vector(0, 1.36, -0.12), hip = Vector(0, 0.72, 0.36)
            let point =
                part < 0.5
                ? neck + (hip - neck) * (part * 2)
                : hip + (end + Vector(0, 0.02, -0.1) - hip) * (part * 2 - 1)
            let size = plate * (1 - 0.45 * part)
            toy.limb(point, point + Vector(0, size * 0.7, size * 0.8), size, 0.02, .accent, .soft(0.02))
        }
        if horn {
            toy.limb(
                head + Vector(0, 0.1, -0.3 - snout), head + Vector(0, 0.3, -0.36 - snout), 0.07, 0.02, .accent
            )
        }
        toy.eyes(head + Vector(0.15, 0.1, -0.2), 0.082)
        toy.wear(
            top: head + Vector(0, 0.23, 0.0), topRadius: 0.23, neck: head + Vector(0, -0.26, 0.1),
            neckRadius: 0.25)
    }
}
