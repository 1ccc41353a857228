/// A hull with a sail, or with a cabin and a funnel.
enum BoatShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let length = toy.random.number(0.6...0.78)
        let sails = toy.random.chance(0.5)
        let mast = toy.random.number(0.85...1.1)
        let lean = toy.random.number(0.28...0.48)
        toy.ellipsoid(Vector(0, 0.42, 0), Vector(0.36, 0.42, length), .main)
        toy.box(Vector(0, 0.94, 0), Vector(0.6, 0.5, 1), edge: 0.01, .second, .carve)
        toy.ellipsoid(Vector(0, 0.43, 0), Vector(0.3, 0.07, length * 0.88), .second)
        toy.arc(Vector(0, 0.42, 0), 0.33, 0.05, opening: 1, .accent, .hard, .pitch(0.25))
        toy.limb(
            Vector(0.27, 0.43, 0.2 - length), Vector(0.3, 0.43, length - 0.2), 0.045, 0.045, .accent, .pair)
        toy.limb(
            Vector(0, 0.38, -length * 0.8), Vector(0, 0.5, -length - 0.14), 0.1, 0.05, .accent, .soft(0.05))
        if sails {
            toy.limb(Vector(0, 0.4, -0.08), Vector(0, 0.45 + mast, -0.08), 0.04, 0.03, .metal)
            sail(&toy, z: 0, width: length * 0.9, height: mast - 0.12, .main)
            sail(&toy, z: -0.16, width: -length * 0.72, height: (mast - 0.2) * 0.85, .second)
            toy.limb(Vector(0, 0.47 + mast, -0.08), Vector(0, 0.47 + mast, 0.2), 0.055, 0.03, .accent)
        } else {
            toy.box(Vector(0, 0.62, 0.12), Vector(0.23, 0.2, 0.32), edge: 0.05, .second)
            toy.box(Vector(0, 0.66, 0.12), Vector(0.24, 0.075, 0.22), edge: 0.03, .glass)
            toy.box(Vector(0, 0.66, 0.12), Vector(0.14, 0.075, 0.33), edge: 0.03, .glass)
            toy.box(Vector(0, 0.83, 0.12), Vector(0.28, 0.035, 0.37), edge: 0.03, .accent)
            toy.cylinder(Vector(0, 0.84, 0.2), Vector(0.0, 0.7 + lean, 0.26), 0.11, 0.12, edge: 0.03, .main)
            toy.cylinder(
                Vector(0, 0.66 + lean, 0.255), Vector(0, 0.74 + lean, 0.265), 0.13, 0.13, edge: 0.03, .accent)
            toy.limb(Vector(0, 0.45, -length * 0.55), Vector(0, 0.85, -length * 0.55), 0.03, 0.025, .metal)
            toy.limb(
                Vector(0, 0.83, -length * 0.55), Vector(0, 0.83, -length * 0.55 + 0.2), 0.06, 0.04, .accent)
        }
    }

    /// A right triangle at the mast: a thin box whose upper corner is cut off.
    private static func sail(
        _ toy: inout ToyBuilder, z: Float, width: Float, height: Float, _ paint: ToyPaint
    ) {
        let foot: Float = 0.58
        let middle = Vector(0, foot + height / 2, z + width / 2)
        toy.box(middle, Vector(0.035, height / 2, abs(width) / 2), edge: 0.03, paint)
        let out = Vector(0, abs(width), width > 0 ? height : -height).unit
        let deep = height * abs(width) / (height * height + width * width).squareRoot() / 2 + 0.03
        let long = (height * height + width * width).squareRoot() / 2 + 0.04
        toy.box(
            middle + out * deep, Vector(0.2, deep, long), edge: 0.005, paint, .carve,
            Frame(up: out, front: Vector(0, -out.z, out.y)))
    }
}
