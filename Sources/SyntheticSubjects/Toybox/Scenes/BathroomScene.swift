import CToybox

/// Blue tiles, a tub.
enum BathroomScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        let blue = scene.random.pick([
            Vector(0.55, 0.8, 0.92), Vector(0.5, 0.85, 0.83), Vector(0.66, 0.76, 0.95),
        ])
        scene.ground(TOYBOX_CHECKERED, Vector(0.95, 0.96, 0.97), blue * 0.62, scale: 1.5, gloss: 1)
        scene.sky(zenith: Vector(0.6, 0.8, 0.9), horizon: Vector(0.9, 0.96, 0.99))
        scene.wall(
            TOYBOX_WALL_TILES, z: scene.random.number(1.9...2.6), scale: 2.5, blue, Vector(0.95, 0.97, 0.98),
            Vector(0.97, 0.98, 0.98))
        scene.daylight()
        let depth = scene.picture.wall_z
        let side = scene.random.side()
        let enamel = scene.paint(Vector(0.97, 0.97, 0.97), gloss: 1, sheen: 0.5),
            chrome = scene.paint(Vector(0.8, 0.82, 0.85), gloss: 1),
            foam = scene.paint(Vector(0.93, 0.97, 1), gloss: 0.2)
        scene.stand(x: side * scene.random.number(1.5...2.2), z: depth - 0.62) { body in
            body.box(Vector(0, 0.45, 0), Vector(1.05, 0.4, 0.5), edge: 0.25, enamel)
            body.box(Vector(0, 0.83, 0), Vector(1.1, 0.05, 0.55), edge: 0.04, enamel)
            for index in 0..<4 {
                body.ball(Vector(Float(index) * 0.42 - 0.65, 0.9, index % 2 == 0 ? 0.05 : -0.1), 0.24, foam)
            }
            body.limb(Vector(-0.8 * side, 0.85, 0.3), Vector(-0.8 * side, 1.2, 0.3), 0.05, 0.04, chrome)
            body.limb(Vector(-0.8 * side, 1.2, 0.3), Vector(-0.55 * side, 1.15, 0.2), 0.04, 0.05, chrome)
        }
        let bottle = scene.paint(scene.random.pick(ToyboxColor.saturated).vector, gloss: 0.8),
            cap = scene.paint(Vector(0.97, 0.97, 0.95))
        for place in scene.places(2, z: 0.4...1.1, x: 1.3...1.9) {
            scene.stand(x: place.x, z: place.z, scale: scene.random.number(0.7...1)) { body in
                body.cylinder(Vector(0, 0, 0), Vector(0, 0.5, 0), 0.16, 0.14, edge: 0.05, bottle)
                body.cylinder(Vector(0, 0.48, 0), Vector(0, 0.64, 0), 0.07, 0.06, cap)
            }
        }
    }
}
