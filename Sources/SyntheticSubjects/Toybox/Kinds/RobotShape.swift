/// Boxes: an aerial, arms with hands, legs or wheels.
enum RobotShape: ToyShape {
    static func build(_ toy: inout ToyBuilder) {
        let head = toy.random.number(0.25...0.36)
        let body = toy.random.number(0.3...0.42)
        let aerials = 1 + toy.random.integer(below: 2)
        let legs = toy.random.chance(0.55)
        let arm = toy.random.number(-0.3...0.35)
        let roundHead = toy.random.chance(0.35)
        let low: Float = legs ? 0.34 : 0.26
        let chest = Vector(0, low + 0.3, 0)
        toy.box(chest, Vector(body, 0.31, body * 0.72), edge: 0.08, .main)
        toy.box(chest + Vector(0, 0.03, -body * 0.7), Vector(body * 0.62, 0.16, 0.05), edge: 0.04, .second)
        toy.ball(chest + Vector(0.11, 0.06, -body * 0.74), 0.06, .accent, .pair)
        toy.box(chest + Vector(0, -0.07, -body * 0.75), Vector(0.16, 0.035, 0.03), edge: 0.02, .lamp)
        let neck = chest + Vector(0, 0.31, 0)
        toy.cylinder(neck, neck + Vector(0, 0.12, 0), 0.12, 0.12, edge: 0.02, .metal)
        let face = neck + Vector(0, 0.1 + head * 0.8, 0)
        if roundHead {
            toy.ellipsoid(face, Vector(head * 1.1, head * 0.86, head), .main)
        } else {
            toy.box(face, Vector(head * 1.15, head * 0.8, head * 0.85), edge: 0.07, .main)
        }
        let front = face + Vector(0, 0, -head * (roundHead ? 0.82 : 0.84))
        toy.box(front + Vector(0, 0.03, 0), Vector(head * 0.85, head * 0.42, 0.07), edge: 0.05, .black)
        toy.ball(front + Vector(head * 0.4, 0.04, -0.05), head * 0.22, .lamp, .pair)
        toy.ball(front + Vector(head * 0.4, 0.04, -0.05 - head * 0.15), head * 0.11, .black, .pair)
        let crown = face + Vector(0, head * 0.78, 0)
        if toy.accessory == nil || toy.accessory == .scarf {
            if aerials == 1 {
                toy.limb(crown, crown + Vector(0, 0.2, 0), 0.03, 0.025, .metal)
                toy.ball(crown + Vector(0, 0.25, 0), 0.085, .accent)
            } else {
                toy.limb(
                    crown + Vector(head * 0.6, -0.03, 0), crown + Vector(head * 0.85, 0.2, 0), 0.03, 0.025,
                    .metal, .pair)
                toy.ball(crown + Vector(head * 0.88, 0.24, 0), 0.075, .accent, .pair)
            }
        }
        toy.cylinder(
            face + Vector(head * 1.05, 0, 0), face + Vector(head * 1.05 + 0.12, 0, 0), 0.11, 0.09, edge: 0.02,
            .accent, .pair)
        toy.ball(chest + Vector(body + 0.04, 0.18, 0), 0.12, .second, .pair)
        let elbow = chest + Vector(body + 0.17, -0.04 + arm * 0.3, -0.06)
        let hand = elbow + Vector(0.04, -0.16 + arm * 0.9, -0.16)
        toy.chain([(chest + Vector(body + 0.05, 0.18, 0), 0.07), (elbow, 0.07), (hand, 0.07)], .metal, .pair)
        toy.ball(hand, 0.115, .accent, .pair)
        if legs {
            toy.cylinder(
                Vector(body * 0.5, 0.08, 0), Vector(body * 0.5, low + 0.05, 0), 0.1, 0.1, edge: 0.02, .metal,
                .pair)
            toy.box(Vector(body * 0.52, 0.08, -0.06), Vector(0.15, 0.085, 0.22), edge: 0.06, .second, .pair)
        } else {
            toy.box(Vector(0, 0.2, 0), Vector(body * 0.7, 0.08, 0.26), edge: 0.05, .metal)
            toy.wheels(Vector(body * 0.82, 0.18, -0.18), 0.18, width: 0.15, .accent)
            toy.wheels(Vector(body * 0.82, 0.18, 0.2), 0.18, width: 0.15, .accent)
        }
        toy.wear(top: crown, topRadius: head * 0.75, neck: neck + Vector(0, 0.05, 0), neckRadius: 0.2)
    }
}
