/// Stands on four legs: a snout, ears that hang or stand.
enum DogShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let length = toy.random.number(0.4...0.6)
        let leg = toy.random.number(0.22...0.42)
        let snout = toy.random.number(0.22...0.36)
        let hangs = toy.random.chance(0.65)
        let ear = toy.random.number(0.3...0.48)
        let thick = toy.random.number(0.25...0.32)
        let back = leg + thick * 0.8
        let head = Vector(0, back + 0.42, -length * 0.9 - 0.05)
        toy.ellipsoid(Vector(0, back, 0), Vector(thick, thick * 0.95, length + 0.1), .main)
        toy.limb(
            Vector(0.17, back - 0.08, -length * 0.72), Vector(0.17, 0.1, -length * 0.75), 0.12, 0.1, .main,
            .softPair(0.06))
        toy.limb(
            Vector(0.17, back - 0.05, length * 0.7), Vector(0.18, 0.1, length * 0.75), 0.14, 0.1, .main,
            .softPair(0.06))
        toy.ellipsoid(Vector(0.17, 0.07, -length * 0.75 - 0.05), Vector(0.12, 0.08, 0.15), .second, .pair)
        toy.ellipsoid(Vector(0.18, 0.07, length * 0.75 - 0.05), Vector(0.12, 0.08, 0.15), .second, .pair)
        toy.limb(Vector(0, back + 0.02, -length * 0.7), head, 0.22, 0.26, .main, .soft(0.1))
        toy.ellipsoid(head, Vector(0.34, 0.31, 0.31), .main, .soft(0.06))
        toy.limb(
            head + Vector(0, -0.08, -0.18), head + Vector(0, -0.1, -0.2 - snout * 0.6), 0.19, 0.14, .second,
            .soft(0.04))
        toy.ellipsoid(head + Vector(0, -0.03, -0.3 - snout * 0.66), Vector(0.085, 0.065, 0.06), .black)
        toy.eyes(head + Vector(0.15, 0.1, -0.25), 0.078)
        if hangs {
            toy.limb(
                head + Vector(0.27, 0.2, 0.02), head + Vector(0.4, 0.16 - ear, -0.02), 0.09, 0.14, .accent,
                .softPair(0.02), flattening: 1.4)
        } else {
            toy.limb(
                head + Vector(0.2, 0.2, 0.05), head + Vector(0.27, 0.22 + ear, 0.06), 0.13, 0.03, .accent,
                .softPair(0.03), flattening: 1.8)
        }
        let wag = toy.random.number(-0.2...0.2)
        toy.chain(
            [
                (Vector(0, back + 0.08, length), 0.08), (Vector(wag * 0.5, back + 0.22, length + 0.2), 0.07),
                (Vector(wag, back + 0.48, length + 0.22), 0.05),
            ], .main, .soft(0.06))
        toy.arc(head + Vector(0, -0.3, 0.13), 0.23, 0.05, opening: 1, .accent, .hard, .pitch(0.2))
        toy.wear(
            top: head + Vector(0, 0.28, 0.02), topRadius: 0.24, neck: head + Vector(0, -0.3, 0.12),
            neckRadius: 0.24)
    }
}
