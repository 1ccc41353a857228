/// Stands on four legs: a trunk, large ears.
enum ElephantShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let ear = toy.random.number(0.26...0.42)
        let trunk = toy.random.number(-0.15...0.5)
        let tusk = toy.random.number(0.08...0.24)
        let leg = toy.random.number(0.24...0.36)
        let back = leg + 0.32
        let head = Vector(0, back + 0.22, -0.52)
        toy.ellipsoid(Vector(0, back, 0.06), Vector(0.38, 0.36, 0.5), .main)
        for z in [Float(-0.28), 0.38] {
            toy.cylinder(
                Vector(0.21, 0, z), Vector(0.21, back - 0.1, z), 0.15, 0.14, edge: 0.05, .main,
                .softPair(0.06))
            toy.cylinder(Vector(0.21, 0, z), Vector(0.21, 0.09, z), 0.165, 0.16, edge: 0.03, .second, .pair)
        }
        toy.ellipsoid(head, Vector(0.32, 0.33, 0.3), .main, .soft(0.08))
        toy.ellipsoid(
            head + Vector(0.3 + ear * 0.55, 0.04, 0.08), Vector(ear, ear * 1.05, 0.06), .main,
            .softPair(0.03), .yaw(0.07))
        toy.ellipsoid(
            head + Vector(0.3 + ear * 0.57, 0.03, 0.03), Vector(ear * 0.7, ear * 0.76, 0.055), .accent, .pair,
            .yaw(0.07))
        toy.chain(
            [
                (head + Vector(0, -0.08, -0.22), 0.15), (head + Vector(0, -0.34, -0.4), 0.12),
                (head + Vector(0, -0.5, -0.56), 0.1), (head + Vector(0, -0.48 + trunk * 0.5, -0.76), 0.085),
                (head + Vector(0, -0.36 + trunk, -0.84), 0.08),
            ], .main, .soft(0.05))
        toy.limb(
            head + Vector(0.16, -0.2, -0.24), head + Vector(0.18, -0.3, -0.28 - tusk), 0.05, 0.025, .white,
            .pair)
        toy.eyes(head + Vector(0.17, 0.1, -0.235), 0.066)
        toy.limb(Vector(0, back + 0.1, 0.52), Vector(0, back - 0.2, 0.66), 0.04, 0.03, .main, .soft(0.03))
        toy.ball(Vector(0, back - 0.24, 0.67), 0.065, .second)
        toy.ellipsoid(Vector(0, back + 0.17, 0.1), Vector(0.35, 0.22, 0.26), .second)
        toy.wear(
            top: head + Vector(0, 0.3, 0.02), topRadius: 0.26, neck: head + Vector(0, -0.12, 0.22),
            neckRadius: 0.3)
    }
}
