/// A single shoe: sole, tongue, laces; low or a boot.
enum ShoeShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let length = toy.random.number(0.6...0.72)
        let shaft = toy.random.chance(0.45) ? toy.random.number(0.62...0.85) : toy.random.number(0.34...0.46)
        let sole = toy.random.number(0.07...0.15)
        let wide = toy.random.number(0.24...0.29)
        let laces = 3 + toy.random.integer(below: 2)
        let heel = length * 0.58
        toy.box(
            Vector(0, sole * 0.5, 0), Vector(wide + 0.05, sole * 0.5 + 0.02, length * 0.7), edge: 0.05,
            .second)
        toy.ellipsoid(
            Vector(0, sole * 0.5, -length * 0.6), Vector(wide + 0.06, sole * 0.55 + 0.02, wide + 0.16),
            .second, .soft(0.04))
        toy.ellipsoid(Vector(0, sole + 0.14, -length * 0.5), Vector(wide, 0.23, wide + 0.16), .main)
        toy.limb(
            Vector(0, sole + 0.14, -length * 0.4), Vector(0, sole + 0.24, heel * 0.7), wide * 0.92,
            wide * 0.96, .main, .soft(0.08))
        toy.cylinder(
            Vector(0, sole + 0.02, heel * 0.62), Vector(0, sole + shaft, heel * 0.66), wide * 0.98,
            wide * 0.9, edge: 0.06, .main, .soft(0.08))
        toy.cylinder(
            Vector(0, sole + shaft * 0.55, heel * 0.66), Vector(0, sole + shaft + 0.2, heel * 0.66),
            wide * 0.68, wide * 0.72, edge: 0.02, .accent, .carve)
        toy.ellipsoid(
            Vector(0, sole + 0.1, -length * 0.74), Vector(wide * 0.86, 0.17, wide * 0.8), .accent, .soft(0.02)
        )
        // The tongue and the laces lie on the instep and go up the shaft.
        let ankle = heel * 0.66 - wide * 0.93
        toy.limb(
            Vector(0, sole + 0.33, -length * 0.2), Vector(0, sole + 0.4, ankle), 0.15, 0.15, .second,
            .soft(0.02))
        toy.limb(
            Vector(0, sole + 0.36, ankle + 0.08), Vector(0, sole + shaft + 0.08, ankle + 0.09), 0.15, 0.15,
            .second, .soft(0.02),
            flattening: 1.5)
        for index in 0..<laces {
            let part = Float(index) / Float(laces - 1)
            let low = Vector(0, sole + 0.46, -length * 0.2), corner = Vector(0, sole + 0.53, ankle - 0.04)
            let high = Vector(0, max(sole + shaft - 0.04, corner.y), ankle - 0.03)
            let point =
                part < 0.5 ? low + (corner - low) * (part * 2) : corner + (high - corner) * (part * 2 - 1)
            toy.limb(point - Vector(0.14, 0.02, 0), point + Vector(0.14, -0.02, 0), 0.045, 0.045, .white)
        }
        toy.ellipsoid(Vector(wide * 0.86, sole + 0.2, heel * 0.2), Vector(0.08, 0.12, 0.2), .accent, .pair)
        toy.arc(
            Vector(0, sole + shaft - 0.04, heel * 0.66), wide * 0.84, 0.06, opening: 1, .second, .hard,
            .pitch(0.25))
    }
}
