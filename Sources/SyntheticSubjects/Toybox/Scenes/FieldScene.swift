import CToybox

/// Rows of wheat, a red barn, bales.
enum FieldScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(TOYBOX_ROWS, Vector(0.72, 0.54, 0.22), Vector(0.96, 0.80, 0.38))
        scene.sky(zenith: Vector(0.30, 0.60, 0.96), horizon: Vector(0.86, 0.93, 0.96), clouds: 0.45)
        scene.layer(
            0, TOYBOX_HILLS, height: 0.13, frequency: 1.5, Vector(0.55, 0.66, 0.34), Vector(0.64, 0.73, 0.42))
        scene.layer(
            1, TOYBOX_HILLS, height: 0.06, frequency: 2.4, Vector(0.85, 0.7, 0.32), Vector(0.92, 0.78, 0.42))
        scene.daylight()
        let side = scene.random.side()
        let red = scene.paint(Vector(0.75, 0.16, 0.13)), roof = scene.paint(Vector(0.36, 0.33, 0.35)),
            white = scene.paint(Vector(0.95, 0.94, 0.92))
        scene.stand(
            x: side * scene.random.number(2.2...3.4), z: scene.random.number(4.5...6),
            yaw: scene.random.number(-0.06...0.06)
        ) { body in
            body.box(Vector(0, 0.7, 0), Vector(1.1, 0.7, 0.9), edge: 0.03, red)
            body.box(Vector(0, 1.4, 0), Vector(0.78, 0.78, 0.9), edge: 0.03, red, .hard, .roll(0.125))
            body.box(Vector(0.58, 1.98, 0), Vector(0.06, 0.86, 1), edge: 0.03, roof, .pair, .roll(0.125))
            body.box(Vector(0, 0.5, -0.9), Vector(0.4, 0.5, 0.03), edge: 0.02, white)
        }
        let straw = scene.paint(
            toybox_material(
                base: Vector(0.9, 0.72, 0.3).linear, second: Vector(0.78, 0.58, 0.22).linear,
                third: Vector.one.linear,
                pattern: Int32(TOYBOX_RINGS.rawValue), scale: 7, amount: 0.5, axis: Vector(0, 0, 1).c,
                phase: Vector.zero.c,
                gloss: 0, sheen: 0.3, glow: 0))
        for place in scene.places(3, z: 1...3.6, x: 1.5...3) {
            scene.stand(
                x: place.x, z: place.z, yaw: scene.random.number(-0.1...0.1),
                scale: scene.random.number(0.7...1), y: 0.45
            ) { body in
                body.cylinder(Vector(0, 0, -0.4), Vector(0, 0, 0.4), 0.5, 0.5, edge: 0.05, straw)
            }
        }
    }
}
