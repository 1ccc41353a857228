/// A bath duck on webbed feet: a bill, wings, a curl of a tail.
enum DuckShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let neck = toy.random.number(0.1...0.34)
        let head = toy.random.number(0.24...0.32)
        let bill = toy.random.number(0.14...0.26)
        let tuft = toy.random.chance(0.5)
        let middle = Vector(0, 0.78 + neck + head * 0.5, -0.24)
        toy.ellipsoid(Vector(0, 0.46, 0.06), Vector(0.38, 0.33, 0.5), .main)
        toy.limb(Vector(0, 0.5, 0.36), Vector(0, 0.78, 0.66), 0.22, 0.06, .main, .soft(0.08))
        toy.limb(Vector(0, 0.6, -0.2), middle, 0.2, head * 0.8, .main, .soft(0.1))
        toy.ellipsoid(middle, Vector(head, head * 0.98, head), .main, .soft(0.04))
        toy.ellipsoid(
            middle + Vector(0, -head * 0.22, -head * 0.9), Vector(head * 0.52, head * 0.16, bill), .accent)
        toy.ellipsoid(
            middle + Vector(0, -head * 0.36, -head * 0.86), Vector(head * 0.42, head * 0.12, bill * 0.8),
            .accent)
        toy.ellipsoid(Vector(0.36, 0.52, 0.1), Vector(0.1, 0.2, 0.34), .second, .pair, .yaw(-0.03))
        toy.ellipsoid(Vector(0, 0.36, -0.22), Vector(0.26, 0.22, 0.24), .second)
        toy.eyes(middle + Vector(head * 0.52, head * 0.22, -head * 0.74), head * 0.24)
        toy.limb(Vector(0.16, 0.26, 0), Vector(0.16, 0.05, -0.02), 0.05, 0.04, .accent, .pair)
        toy.ellipsoid(Vector(0.17, 0.035, -0.1), Vector(0.13, 0.035, 0.17), .accent, .softPair(0.02))
        if tuft {
            toy.limb(
                middle + Vector(0, head * 0.85, 0), middle + Vector(0, head * 1.4, 0.12), 0.07, 0.03, .second)
            toy.limb(
                middle + Vector(0.04, head * 0.85, 0), middle + Vector(0.16, head * 1.25, 0.1), 0.06, 0.03,
                .second, .pair)
        }
        toy.wear(
            top: middle + Vector(0, head * 0.9, 0), topRadius: head * 0.8, neck: Vector(0, 0.8, -0.22),
            neckRadius: 0.2)
    }
}
