/// Squats: eyes on top, a wide mouth, long hind legs.
enum FrogShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let wide = toy.random.number(0.42...0.54)
        let tall = toy.random.number(0.34...0.46)
        let eye = toy.random.number(0.12...0.18)
        let middle = Vector(0, tall + 0.08, 0)
        toy.ellipsoid(middle, Vector(wide, tall, wide * 0.9), .main)
        toy.ellipsoid(
            middle + Vector(0, tall * 0.42, -wide * 0.22), Vector(wide * 0.9, tall * 0.6, wide * 0.74), .main,
            .soft(0.08))
        toy.ellipsoid(
            middle + Vector(0, -tall * 0.2, -wide * 0.34), Vector(wide * 0.72, tall * 0.62, wide * 0.62),
            .second)
        toy.ellipsoid(
            middle + Vector(0, tall * 0.3, -wide * 0.6), Vector(wide * 0.62, 0.025, wide * 0.4), .black)
        let brow = middle + Vector(wide * 0.52, tall * 0.98, -wide * 0.36)
        toy.ball(brow, eye * 1.12, .main, .softPair(0.04))
        toy.eyes(brow + Vector(0.01, 0.03, -eye * 0.62), eye * 0.86)
        toy.ellipsoid(Vector(wide * 0.86, 0.24, 0.2), Vector(0.2, 0.24, 0.32), .main, .softPair(0.04))
        toy.ellipsoid(Vector(wide * 0.95, 0.05, -0.2), Vector(0.17, 0.05, 0.26), .accent, .pair)
        toy.limb(
            Vector(wide * 0.5, 0.4, -wide * 0.62), Vector(wide * 0.56, 0.08, -wide * 0.92), 0.1, 0.075, .main,
            .softPair(0.04))
        toy.ellipsoid(Vector(wide * 0.56, 0.04, -wide - 0.08), Vector(0.14, 0.045, 0.14), .accent, .pair)
        toy.ball(middle + Vector(wide * 0.56, tall * 0.12, -wide * 0.6), 0.07, .accent, .pair)
        toy.wear(
            top: middle + Vector(0, tall * 0.98, -0.02), topRadius: wide * 0.5,
            neck: middle + Vector(0, -0.02, -0.05), neckRadius: wide * 0.88)
    }
}
