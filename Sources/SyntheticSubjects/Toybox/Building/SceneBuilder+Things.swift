import CToybox

/// Things that stand in several scenes.
extension SceneBuilder {
    mutating func pine(x: Float, z: Float, height: Float, _ color: Vector, snow: Bool = false) {
        let needles = paint(color, gloss: 0, sheen: 0.3)
        let trunk = paint(Vector(0.4, 0.27, 0.17), gloss: 0)
        let white = snow ? paint(Vector(0.95, 0.96, 0.99), gloss: 0, sheen: 0.4) : needles
        stand(x: x, z: z, scale: height) { body in
            body.cylinder(Vector(0, 0, 0), Vector(0, 0.25, 0), 0.06, 0.05, trunk)
            for (index, radius) in [Float(0.32), 0.25, 0.17].enumerated() {
                let y = 0.2 + 0.24 * Float(index)
                body.cylinder(Vector(0, y, 0), Vector(0, y + 0.34, 0), radius, 0.03, edge: 0.02, needles)
                if snow {
                    body.cylinder(
                        Vector(0, y + 0.13, 0), Vector(0, y + 0.36, 0), radius * 0.72, 0.03, edge: 0.025,
                        white)
                }
            }
        }
    }

    mutating func tree(x: Float, z: Float, height: Float, _ color: Vector) {
        let leaves = paint(color, gloss: 0, sheen: 0.35)
        let bark = paint(Vector(0.42, 0.29, 0.2), gloss: 0)
        let lean = random.number(-0.08...0.08)
        stand(x: x, z: z, yaw: random.unit(), scale: height) { body in
            body.limb(Vector(0, 0, 0), Vector(lean, 0.5, 0), 0.08, 0.05, bark)
            body.ball(Vector(lean, 0.72, 0), 0.26, leaves)
            body.ball(Vector(lean + 0.2, 0.62, 0.04), 0.17, leaves, .soft(0.06))
            body.ball(Vector(lean - 0.19, 0.6, -0.05), 0.18, leaves, .soft(0.06))
            body.ball(Vector(lean + 0.02, 0.6, -0.17), 0.17, leaves, .soft(0.06))
        }
    }

    mutating func trunk(x: Float, z: Float, _ color: Vector, thickness: Float) {
        let bark = paint(
            toybox_material(
                base: color.linear, second: (color * 0.72).linear, third: color.linear,
                pattern: Int32(TOYBOX_STRIPES.rawValue), scale: 3.2, amount: 0.3,
                axis: Vector(0.35, 0.94, 0).c,
                phase: Vector(x, z, 0).c, gloss: 0, sheen: 0.2, glow: 0))
        let lean = random.number(-0.25...0.25)
        stand(x: x, z: z) { body in
            body.limb(Vector(0, -0.1, 0), Vector(lean, 5, 0), thickness, thickness * 0.7, bark)
            body.limb(
                Vector(thickness * 0.7, 0, -thickness * 0.7), Vector(0, 0.5, 0), 0.1, 0.12, bark, .soft(0.12))
            body.limb(
                Vector(-thickness * 0.9, 0, -thickness * 0.4), Vector(0, 0.5, 0), 0.1, 0.12, bark, .soft(0.12)
            )
        }
    }

    mutating func palm(x: Float, z: Float, height: Float) {
        let bark = paint(Vector(0.62, 0.46, 0.3), gloss: 0)
        let leaf = paint(Vector(0.2, 0.62, 0.25), gloss: 0.1, sheen: 0.4)
        let nut = paint(Vector(0.4, 0.25, 0.14))
        let lean = random.number(-0.22...0.22)
        stand(x: x, z: z, scale: height) { body in
            body.chain(
                [
                    (Vector(0, 0, 0), 0.06), (Vector(lean * 0.4, 0.5, 0), 0.048),
                    (Vector(lean, 0.95, 0), 0.04),
                ], bark)
            let top = Vector(lean, 0.97, 0)
            for index in 0..<6 {
                let turn = Float(index) / 6 + 0.04
                let out = Vector(Turn.sine(turn), 0, Turn.cosine(turn))
                body.limb(top, top + out * 0.24 + Vector(0, 0.09, 0), 0.035, 0.05, leaf)
                body.limb(
                    top + out * 0.24 + Vector(0, 0.09, 0), top + out * 0.5 + Vector(0, -0.1, 0), 0.05, 0.015,
                    leaf,
                    .soft(0.03))
            }
            body.ball(top + Vector(0.05, -0.05, -0.04), 0.045, nut)
            body.ball(top + Vector(-0.05, -0.05, -0.03), 0.045, nut)
        }
    }

    mutating func rock(x: Float, z: Float, size: Float, _ color: Vector) {
        let stone = paint(color, gloss: 0.05, sheen: 0.25)
        let (a, b) = (random.number(0.7...1.0), random.number(0.5...0.85))
        stand(x: x, z: z, yaw: random.unit(), scale: size) { body in
            body.ellipsoid(Vector(0, 0.3, 0), Vector(0.6 * a, 0.5 * b, 0.5), stone)
            body.ellipsoid(Vector(0.3, 0.2, -0.1), Vector(0.4, 0.34, 0.36), stone, .soft(0.1))
        }
    }

    mutating func bush(x: Float, z: Float, size: Float, _ color: Vector, berries: Vector? = nil) {
        let leaves = paint(color, gloss: 0, sheen: 0.35)
        let dots = berries.map { paint($0, gloss: 0.3) }
        stand(x: x, z: z, yaw: random.unit(), scale: size) { body in
            body.ball(Vector(0, 0.32, 0), 0.4, leaves)
            body.ball(Vector(0.34, 0.24, 0), 0.3, leaves, .soft(0.08))
            body.ball(Vector(-0.34, 0.22, 0.06), 0.28, leaves, .soft(0.08))
            body.ball(Vector(0.02, 0.24, -0.3), 0.28, leaves, .soft(0.08))
            guard let dots else { return }
            for index in 0..<5 {
                let turn = Float(index) / 5
                body.ball(
                    Vector(
                        Turn.sine(turn) * 0.4, 0.42 + 0.1 * Turn.cosine(turn * 2), Turn.cosine(turn) * 0.38),
                    0.075, dots)
            }
        }
    }

    mutating func bouncyBall(x: Float, z: Float, size: Float) {
        let first = random.pick(ToyboxColor.saturated).vector
        let second = random.chance(0.5) ? Vector(0.96, 0.95, 0.92) : random.pick(ToyboxColor.saturated).vector
        let rubber = paint(
            toybox_material(
                base: first.linear, second: second.linear, third: first.linear,
                pattern: Int32(TOYBOX_STRIPES.rawValue), scale: 1.6, amount: 0.5, axis: Vector(0.8, 0.6, 0).c,
                phase: Vector(0.2, 0, 0).c, gloss: 0.6, sheen: 0.4, glow: 0))
        stand(x: x, z: z, yaw: random.unit(), scale: size) { $0.ball(Vector(0, 0.5, 0), 0.5, rubber) }
    }

    mutating func blocks(x: Float, z: Float, size: Float) {
        let colors = (0..<3).map { _ in paint(random.pick(ToyboxColor.saturated).vector, gloss: 0.3) }
        let turn = random.number(-0.1...0.1)
        stand(x: x, z: z, yaw: random.unit(), scale: size) { body in
            body.box(Vector(0, 0.25, 0), Vector(0.25, 0.25, 0.25), edge: 0.04, colors[0])
            body.box(
                Vector(0.54, 0.25, 0.1), Vector(0.25, 0.25, 0.25), edge: 0.04, colors[1], .hard, .yaw(0.06))
            body.box(
                Vector(0.2, 0.75, 0.03), Vector(0.25, 0.25, 0.25), edge: 0.04, colors[2], .hard, .yaw(turn))
        }
    }

    mutating func books(x: Float, z: Float, size: Float) {
        let covers = (0..<4).map { _ in
            paint(random.pick(ToyboxColor.saturated).vector * 0.75, gloss: 0.2)
        }
        let paper = paint(Vector(0.93, 0.89, 0.78), gloss: 0)
        let turns = (0..<4).map { _ in random.number(-0.05...0.05) }
        stand(x: x, z: z, yaw: random.number(-0.1...0.1), scale: size) { body in
            for index in 0..<4 {
                let y = 0.09 + 0.18 * Float(index)
                let frame = Frame.yaw(turns[index])
                body.box(Vector(0, y, 0), Vector(0.5, 0.085, 0.36), edge: 0.02, covers[index], .hard, frame)
                body.box(
                    Vector(0, y, 0), Vector(0.47, 0.06, 0.375), edge: 0.01, paper, .hard, frame)
            }
        }
    }

    mutating func lollipop(x: Float, z: Float, height: Float) {
        let color = random.pick(ToyboxColor.saturated).vector
        let sweet = paint(
            toybox_material(
                base: Vector(1, 0.96, 0.96).linear, second: color.linear, third: color.linear,
                pattern: Int32(TOYBOX_RINGS.rawValue), scale: 8, amount: 0.55, axis: Vector(0, 0, 1).c,
                phase: Vector.zero.c, gloss: 0.8, sheen: 0.5, glow: 0))
        let stick = paint(Vector(0.97, 0.96, 0.94))
        stand(x: x, z: z, scale: height) { body in
            body.ellipsoid(Vector(0, 0, 0), Vector(0.26, 0.26, 0.09), sweet)
        }  // The rings are round the sweet's own middle.
        bodies[bodies.count - 1].origin.y = height * 0.8
        bodies[bodies.count - 1].bound_center.y += height * 0.8
        stand(x: x, z: z, scale: height) { $0.limb(Vector(0, 0, 0), Vector(0, 0.6, 0), 0.025, 0.025, stick) }
    }

    mutating func seaweed(x: Float, z: Float, height: Float, _ color: Vector) {
        let weed = paint(color, gloss: 0.1, sheen: 0.5)
        let sway = random.number(-0.16...0.16)
        stand(x: x, z: z, yaw: random.unit(), scale: height) { body in
            for index in 0..<3 {
                let off = (Float(index) - 1) * 0.2
                let tall = index == 1 ? Float(1) : 0.7
                body.chain(
                    [
                        (Vector(off * 0.5, 0, 0), 0.05), (Vector(off + sway, 0.35 * tall, 0.03), 0.06),
                        (Vector(off - sway, 0.7 * tall, 0), 0.05),
                        (Vector(off + sway * 0.6, tall, 0.02), 0.02),
                    ], weed)
            }
        }
    }

    mutating func coral(x: Float, z: Float, size: Float, _ color: Vector) {
        let coral = paint(color, gloss: 0.15, sheen: 0.5)
        stand(x: x, z: z, yaw: random.unit(), scale: size) { body in
            body.limb(Vector(0, 0, 0), Vector(0, 0.4, 0), 0.14, 0.1, coral)
            body.limb(Vector(0, 0.3, 0), Vector(0.3, 0.7, 0.05), 0.1, 0.08, coral, .soft(0.08))
            body.limb(Vector(0, 0.3, 0), Vector(-0.26, 0.8, -0.06), 0.1, 0.08, coral, .soft(0.08))
            body.limb(Vector(0, 0.4, 0), Vector(0.02, 1, 0.02), 0.09, 0.07, coral, .soft(0.08))
            body.limb(Vector(0.2, 0.55, 0), Vector(0.46, 0.62, -0.1), 0.07, 0.06, coral, .soft(0.06))
        }
    }

    mutating func cactus(x: Float, z: Float, height: Float) {
        let skin = paint(Vector(0.3, 0.55, 0.28), gloss: 0, sheen: 0.4)
        stand(x: x, z: z, yaw: random.number(-0.08...0.08), scale: height) { body in
            body.limb(Vector(0, 0, 0), Vector(0, 0.9, 0), 0.1, 0.09, skin)
            body.chain(
                [(Vector(0, 0.35, 0), 0.06), (Vector(0.25, 0.4, 0), 0.065), (Vector(0.26, 0.65, 0), 0.06)],
                skin,
                .soft(0.04))
            body.chain(
                [(Vector(0, 0.5, 0), 0.05), (Vector(-0.22, 0.53, 0), 0.055), (Vector(-0.23, 0.74, 0), 0.05)],
                skin,
                .soft(0.04))
        }
    }
}
