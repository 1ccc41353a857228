import CToybox

/// A red curtain, a spotlight on boards.
enum StageScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(
            TOYBOX_PLANKS, Vector(0.62, 0.40, 0.24), Vector(0.52, 0.32, 0.18), scale: 1.4, gloss: 0.8)
        scene.sky(zenith: Vector(0.1, 0.03, 0.04), horizon: Vector(0.2, 0.05, 0.06))
        let cloth = scene.random.pick([
            Vector(0.75, 0.07, 0.1), Vector(0.75, 0.07, 0.1), Vector(0.5, 0.08, 0.45),
        ])
        scene.wall(
            TOYBOX_CURTAIN, z: scene.random.number(1.7...2.5), scale: scene.random.number(1.5...2),
            cloth * 0.55, cloth, Vector(0.85, 0.65, 0.25))
        scene.sun(
            Vector(2.3, 2.15, 1.85), height: 0.12...0.18, above: Vector(0.42, 0.34, 0.36), sharpness: 12)
        scene.picture.pool_radius = scene.random.number(1.9...2.3)
        let side = scene.random.side()
        let metal = scene.paint(Vector(0.5, 0.5, 0.54), gloss: 1),
            black = scene.paint(Vector(0.12, 0.12, 0.13), gloss: 0.4),
            lamp = scene.paint(Vector(1, 0.95, 0.75), glow: 1.4)
        scene.stand(x: side * scene.random.number(1.3...1.7), z: scene.random.number(0.4...1)) { body in
            body.cylinder(Vector(0, 0, 0), Vector(0, 0.05, 0), 0.26, 0.24, black)
            body.limb(Vector(0, 0, 0), Vector(0, 1.35, 0), 0.03, 0.025, metal)
            body.limb(Vector(0, 1.38, 0), Vector(-side * 0.16, 1.5, -0.05), 0.06, 0.1, black)
        }
        for place in scene.places(2, z: 1.1...1.4, x: 1.9...2.4) {
            scene.stand(x: place.x, z: place.z) { body in
                body.box(Vector(0, 0.14, 0), Vector(0.24, 0.14, 0.18), edge: 0.05, black)
                body.ellipsoid(Vector(0, 0.18, -0.17), Vector(0.16, 0.1, 0.06), lamp)
            }
        }
    }
}
