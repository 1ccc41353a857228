/// A domed shell with a rim, four legs, a head that looks out.
enum TurtleShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let dome = toy.random.number(0.34...0.52)
        let wide = toy.random.number(0.46...0.56)
        let neck = toy.random.number(0.12...0.3)
        let head = Vector(0, 0.42 + neck, -wide - 0.2)
        toy.ellipsoid(Vector(0, 0.26, 0), Vector(wide, dome + 0.14, wide * 1.12), .main)
        toy.box(Vector(0, -0.4, 0), Vector(0.9, 0.6, 0.9), edge: 0.01, .second, .carve)
        toy.ellipsoid(Vector(0, 0.24, 0), Vector(wide + 0.07, 0.1, wide * 1.12 + 0.08), .accent, .soft(0.02))
        toy.ellipsoid(Vector(0, 0.2, 0), Vector(wide * 0.92, 0.12, wide), .second)
        toy.limb(Vector(0.34, 0.2, -0.34), Vector(0.44, 0.08, -0.46), 0.13, 0.1, .second, .pair)
        toy.limb(Vector(0.34, 0.2, 0.36), Vector(0.42, 0.08, 0.5), 0.12, 0.1, .second, .pair)
        toy.limb(Vector(0, 0.26, -wide * 0.8), head, 0.13, 0.15, .second, .soft(0.03))
        toy.ellipsoid(head + Vector(0, 0.04, -0.04), Vector(0.2, 0.18, 0.22), .second, .soft(0.04))
        toy.eyes(head + Vector(0.11, 0.1, -0.17), 0.066)
        toy.limb(Vector(0, 0.2, wide), Vector(0, 0.14, wide * 1.12 + 0.24), 0.08, 0.025, .second)
        let knobs = toy.random.integer(below: 3)
        if knobs > 0 {
            for z in [Float(-0.3), 0, 0.3] {
                let over = 0.26 + (dome + 0.14) * (1 - z * z / (wide * wide * 1.25)).squareRoot()
                toy.ellipsoid(
                    Vector(0, over - 0.01, z), Vector(0.11, knobs == 1 ? 0.06 : 0.16, 0.11), .accent,
                    .soft(0.02))
            }
        }
    }
}
