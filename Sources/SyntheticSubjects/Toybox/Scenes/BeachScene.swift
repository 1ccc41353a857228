import CToybox

/// Sand, foam, the sea up to the horizon.
enum BeachScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(TOYBOX_SAND, Vector(0.93, 0.80, 0.57), Vector(0.98, 0.90, 0.70))
        scene.sky(zenith: Vector(0.24, 0.58, 0.95), horizon: Vector(0.72, 0.89, 0.99), clouds: 0.35)
        scene.water(beyond: scene.random.number(3...4.2), Vector(0.06, 0.52, 0.68))
        scene.daylight()
        let side = scene.random.side()
        scene.palm(
            x: side * scene.random.number(1.5...2.2), z: scene.random.number(1.6...2.6),
            height: scene.random.number(1.7...2.4))
        switch scene.random.integer(below: 3) {
        case 0:
            scene.bouncyBall(
                x: -side * scene.random.number(1.3...2), z: scene.random.number(0.6...1.6), size: 0.7)
        case 1:
            let (first, second) = (scene.random.pick(ToyboxColor.saturated).vector, Vector(0.97, 0.96, 0.93))
            let cloth = scene.paint(
                toybox_material(
                    base: first.linear, second: second.linear, third: first.linear,
                    pattern: Int32(TOYBOX_STRIPES.rawValue),
                    scale: 1.4, amount: 0.5, axis: Vector(1, 0, 0).c, phase: Vector.zero.c, gloss: 0,
                    sheen: 0.3, glow: 0))
            let pole = scene.paint(Vector(0.9, 0.88, 0.84))
            scene.stand(
                x: -side * scene.random.number(1.7...2.4), z: scene.random.number(1...1.8),
                yaw: scene.random.number(-0.1...0.1)
            ) { body in
                body.ellipsoid(Vector(0, 1.75, 0), Vector(1.05, 0.5, 1.05), cloth)
                body.box(Vector(0, 1.25, 0), Vector(1.3, 0.45, 1.3), edge: 0.01, cloth, .carve)
                body.limb(Vector(0, 0, 0), Vector(0, 2.2, 0), 0.04, 0.04, pole)
            }
        default:
            scene.rock(
                x: -side * scene.random.number(1.5...2.2), z: scene.random.number(1...2),
                size: scene.random.number(0.6...1), Vector(0.55, 0.5, 0.47))
        }
    }
}
