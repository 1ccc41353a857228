/// Sits: long ears, a round tail, big feet.
enum RabbitShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let head = toy.random.number(0.3...0.37)
        let ear = toy.random.number(0.42...0.75)
        let lean = toy.random.number(0.02...0.26)
        let folds = toy.random.chance(0.25)
        let middle = Vector(0, 0.58 + head * 0.9, -0.16)
        toy.ellipsoid(Vector(0, 0.38, 0.08), Vector(0.34, 0.39, 0.36), .main)
        toy.ellipsoid(Vector(0, 0.4, -0.14), Vector(0.21, 0.27, 0.18), .second)
        toy.ellipsoid(Vector(0.24, 0.2, 0.02), Vector(0.15, 0.2, 0.24), .main, .softPair(0.05))
        toy.limb(Vector(0.22, 0.075, 0.02), Vector(0.24, 0.07, -0.34), 0.09, 0.09, .second, .softPair(0.03))
        toy.limb(Vector(0.14, 0.45, -0.2), Vector(0.12, 0.28, -0.34), 0.09, 0.08, .main, .softPair(0.04))
        toy.ellipsoid(middle, Vector(head * 1.02, head, head * 0.98), .main, .soft(0.06))
        let root = middle + Vector(head * 0.36, head * 0.75, 0.06)
        let bend = root + Vector(lean * 0.5, ear * 0.6, 0.03)
        let tip = folds ? bend + Vector(0.2, -ear * 0.42, -0.06) : root + Vector(lean, ear, 0.06)
        let front = Vector(0, -0.02, -0.06)
        if folds {
            toy.limb(root, bend, 0.1, 0.11, .main, .softPair(0.03), flattening: 1.5)
            toy.limb(bend, tip, 0.11, 0.09, .accent, .softPair(0.03), flattening: 1.5)
        } else {
            toy.limb(root, tip, 0.1, 0.115, .main, .softPair(0.03), flattening: 1.5)
            toy.limb(root + front, tip + front, 0.05, 0.07, .accent, .pair, flattening: 1.6)
        }
        toy.ellipsoid(
            middle + Vector(0.09, -head * 0.35, -head * 0.84), Vector(0.13, 0.1, 0.1), .second,
            .softPair(0.03))
        toy.ellipsoid(middle + Vector(0, -head * 0.18, -head * 1.06), Vector(0.05, 0.04, 0.04), .accent)
        toy.box(middle + Vector(0, -head * 0.55, -head * 0.98), Vector(0.05, 0.06, 0.02), edge: 0.015, .white)
        toy.eyes(middle + Vector(head * 0.46, head * 0.16, -head * 0.82), 0.075)
        toy.ball(Vector(0, 0.24, 0.46), 0.15, .second, .soft(0.04))
        toy.wear(
            top: middle + Vector(0, head * 0.93, -0.05), topRadius: head * 0.6, neck: Vector(0, 0.62, -0.06),
            neckRadius: 0.25)
    }
}
