/// Swims a little over the ground: fins, a forked tail.
enum FishShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let tall = toy.random.number(0.3...0.46)
        let length = toy.random.number(0.46...0.62)
        let fin = toy.random.number(0.2...0.4)
        let fork = toy.random.number(0.18...0.36)
        let middle = Vector(0, tall + 0.28, -0.1)
        toy.ellipsoid(middle, Vector(tall * 0.62, tall, length), .main)
        toy.ellipsoid(
            middle + Vector(0, -tall * 0.12, -length * 0.44), Vector(tall * 0.55, tall * 0.72, length * 0.5),
            .second, .soft(0.02))
        let stalk = middle + Vector(0, 0, length * 0.86)
        toy.ellipsoid(
            stalk + Vector(0, fork * 0.5, 0.2), Vector(0.055, fork, 0.15), .accent, .soft(0.05), .pitch(-0.1))
        toy.ellipsoid(
            stalk + Vector(0, -fork * 0.5, 0.2), Vector(0.055, fork, 0.15), .accent, .soft(0.05), .pitch(0.1))
        let top = middle + Vector(0, tall * 0.86, 0)
        toy.ellipsoid(
            top + Vector(0, fin * 0.3, 0.04), Vector(0.05, fin, 0.26), .accent, .soft(0.03), .pitch(-0.08))
        toy.ellipsoid(
            middle + Vector(0, -tall * 0.95, 0.08), Vector(0.045, fin * 0.5, 0.17), .accent, .soft(0.03),
            .pitch(0.1))
        toy.ellipsoid(
            middle + Vector(tall * 0.55 + 0.12, -0.12, 0.04), Vector(0.24, 0.05, 0.14), .accent,
            .softPair(0.03), .yaw(-0.09))
        let mouth = middle + Vector(0, -tall * 0.14, -length * 0.93)
        toy.arc(mouth, 0.075, 0.04, opening: 1, .accent)
        toy.eyes(middle + Vector(tall * 0.4, tall * 0.26, -length * 0.68), 0.105)
    }
}
