import CToybox

/// A lawn before a white fence, bushes.
enum GardenScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(
            TOYBOX_GRASS, Vector(0.36, 0.66, 0.22), Vector(0.50, 0.76, 0.30), Vector(0.98, 0.75, 0.85))
        scene.sky(zenith: Vector(0.35, 0.66, 0.97), horizon: Vector(0.82, 0.93, 0.99), clouds: 0.35)
        scene.layer(
            0, TOYBOX_BUSHES, height: 0.3, frequency: 4.5, Vector(0.2, 0.46, 0.22), Vector(0.36, 0.62, 0.3))
        scene.wall(
            TOYBOX_FENCE, z: scene.random.number(1.8...2.6), scale: scene.random.number(1.7...2.2),
            Vector(0.95, 0.95, 0.93), Vector(0.85, 0.85, 0.83))
        scene.daylight()
        for place in scene.places(4, z: 0.7...1.5, x: 1.4...2.8) {
            scene.bush(
                x: place.x, z: place.z, size: scene.random.number(0.6...0.95), Vector(0.22, 0.52, 0.2),
                berries: scene.random.pick([
                    Vector(0.95, 0.25, 0.4), Vector(0.98, 0.98, 0.95), Vector(0.99, 0.8, 0.25),
                    Vector(0.6, 0.4, 0.9),
                ]))
        }
        if scene.random.chance(0.4) {
            let can = scene.paint(Vector(0.2, 0.6, 0.62), gloss: 0.7)
            scene.stand(
                x: scene.random.side() * scene.random.number(1.2...1.7), z: scene.random.number(0.1...0.7),
                yaw: scene.random.unit(), scale: 0.8
            ) { body in
                body.cylinder(Vector(0, 0, 0), Vector(0, 0.5, 0), 0.26, 0.24, edge: 0.03, can)
                body.limb(Vector(-0.2, 0.15, 0), Vector(-0.55, 0.6, 0), 0.06, 0.04, can)
                body.cylinder(Vector(-0.53, 0.57, 0), Vector(-0.6, 0.66, 0), 0.05, 0.13, edge: 0.02, can)
                body.arc(Vector(0.24, 0.32, 0), 0.2, 0.04, opening: 0.6, can, .hard, .roll(-0.25))
            }
        }
    }
}
