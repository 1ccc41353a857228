/// Upright: a pale front, flippers, a bill.
enum PenguinShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let fat = toy.random.number(0.34...0.44)
        let tall = toy.random.number(0.5...0.62)
        let flipper = toy.random.number(-0.12...0.3)
        let bill = toy.random.number(0.12...0.24)
        let middle = Vector(0, tall * 1.5 + 0.2, -0.02)
        toy.ellipsoid(Vector(0, tall + 0.04, 0), Vector(fat, tall, fat * 0.92), .main)
        toy.ellipsoid(
            Vector(0, tall - 0.06, -fat * 0.34), Vector(fat * 0.78, tall * 0.78, fat * 0.72), .second)
        toy.ball(middle, 0.31, .main, .soft(0.08))
        toy.ellipsoid(middle + Vector(0.11, -0.02, -0.19), Vector(0.15, 0.17, 0.14), .second, .softPair(0.02))
        toy.limb(
            middle + Vector(0, -0.06, -0.26), middle + Vector(0, -0.09, -0.28 - bill), 0.08, 0.03, .accent)
        toy.eyes(middle + Vector(0.12, 0.05, -0.285), 0.066, white: false)
        toy.limb(
            Vector(fat * 0.86, tall + 0.26, 0), Vector(fat + 0.2, tall - 0.24 + flipper * 1.6, -0.02), 0.11,
            0.09, .main, .softPair(0.04), flattening: 1.7)
        toy.ellipsoid(Vector(0.17, 0.05, -0.22), Vector(0.16, 0.055, 0.2), .accent, .pair)
        toy.limb(Vector(0, 0.24, fat * 0.7), Vector(0, 0.08, fat + 0.12), 0.13, 0.04, .main, .soft(0.05))
        toy.wear(
            top: middle + Vector(0, 0.28, 0.01), topRadius: 0.27, neck: middle + Vector(0, -0.22, 0),
            neckRadius: 0.29)
    }
}
