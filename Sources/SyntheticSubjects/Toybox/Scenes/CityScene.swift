import CToybox

/// A street before houses with many windows.
enum CityScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(TOYBOX_ROAD, Vector(0.36, 0.37, 0.41), Vector(0.72, 0.71, 0.7), Vector(0.95, 0.93, 0.88))
        scene.sky(
            zenith: Vector(0.42, 0.64, 0.92), horizon: Vector(0.84, 0.89, 0.95), density: 0.01, clouds: 0.3)
        scene.layer(
            0, TOYBOX_SKYLINE, height: scene.random.number(0.75...0.95), frequency: 3.4,
            Vector(0.6, 0.68, 0.78), Vector(0.72, 0.76, 0.84), cap: Vector(0.86, 0.9, 0.95))
        scene.layer(
            1, TOYBOX_SKYLINE, height: scene.random.number(0.5...0.7), frequency: 2.7,
            Vector(0.5, 0.42, 0.46), Vector(0.78, 0.6, 0.5), cap: Vector(0.98, 0.9, 0.66))
        scene.daylight()
        let metal = scene.paint(Vector(0.25, 0.28, 0.32))
        let bulb = scene.paint(Vector(1, 0.95, 0.8), glow: 0.6)
        for place in scene.places(2, z: 4...5.4, x: 1.4...3.2) {
            scene.stand(x: place.x, z: place.z) { body in
                body.limb(Vector(0, 0, 0), Vector(0, 2.4, 0), 0.07, 0.05, metal)
                body.ball(Vector(0, 2.55, 0), 0.22, bulb)
            }
        }
        let side = scene.random.side()
        if scene.random.chance(0.6) {
            let cone = scene.paint(Vector(0.97, 0.45, 0.1)), white = scene.paint(Vector(0.96, 0.95, 0.93))
            scene.stand(x: side * scene.random.number(1.4...2.1), z: scene.random.number(0.5...1.6)) { body in
                body.box(Vector(0, 0.04, 0), Vector(0.3, 0.04, 0.3), edge: 0.03, cone)
                body.cylinder(Vector(0, 0.05, 0), Vector(0, 0.75, 0), 0.22, 0.05, edge: 0.02, cone)
                body.cylinder(Vector(0, 0.3, 0), Vector(0, 0.46, 0), 0.172, 0.13, edge: 0.01, white)
            }
        } else {
            let red = scene.paint(Vector(0.8, 0.12, 0.1), gloss: 0.5)
            scene.stand(x: side * scene.random.number(1.5...2.1), z: scene.random.number(0.8...1.6)) { body in
                body.cylinder(Vector(0, 0, 0), Vector(0, 0.7, 0), 0.17, 0.16, edge: 0.03, red)
                body.ball(Vector(0, 0.72, 0), 0.17, red)
                body.cylinder(Vector(-0.28, 0.5, 0), Vector(0.28, 0.5, 0), 0.09, 0.09, edge: 0.02, red)
            }
        }
    }
}
