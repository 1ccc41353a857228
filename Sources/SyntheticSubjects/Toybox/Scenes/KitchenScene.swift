import CToybox

/// A wooden floor, a tiled wall, a window.
enum KitchenScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(TOYBOX_PLANKS, Vector(0.80, 0.60, 0.40), Vector(0.68, 0.47, 0.29), gloss: 0.6)
        scene.sky(zenith: Vector(0.4, 0.7, 0.97), horizon: Vector(0.85, 0.94, 0.99))
        let tiles = scene.random.pick([
            Vector(0.95, 0.93, 0.87), Vector(0.86, 0.93, 0.9), Vector(0.97, 0.89, 0.76),
        ])
        let odd = scene.random.pick([
            Vector(0.95, 0.62, 0.3), Vector(0.35, 0.62, 0.7), Vector(0.83, 0.33, 0.28),
        ])
        scene.wall(
            TOYBOX_WALL_TILES, z: scene.random.number(1.9...2.7), scale: 2.1, tiles, odd,
            Vector(0.75, 0.74, 0.7))
        scene.window()
        scene.daylight()
        let depth = scene.picture.wall_z
        let side: Float = scene.picture.window_x > 0 ? -1 : 1
        let wood = scene.paint(Vector(0.93, 0.9, 0.85)),
            front = scene.paint(
                scene.random.pick([Vector(0.4, 0.62, 0.6), Vector(0.9, 0.86, 0.78), Vector(0.78, 0.36, 0.3)]),
                gloss: 0.3)
        let knob = scene.paint(Vector(0.7, 0.7, 0.72), gloss: 1)
        // A cupboard with a pot on it.
        let pot = scene.paint(scene.random.pick(ToyboxColor.saturated).vector, gloss: 0.8)
        scene.stand(x: side * scene.random.number(1.9...2.4), z: depth - 0.45) { body in
            body.box(Vector(0, 0.55, 0), Vector(0.75, 0.55, 0.4), edge: 0.03, front)
            body.box(Vector(0, 1.13, 0), Vector(0.8, 0.05, 0.45), edge: 0.02, wood)
            body.ball(Vector(0.12, 0.7, -0.42), 0.05, knob, .pair)
            body.cylinder(Vector(0.1, 1.18, 0), Vector(0.1, 1.5, 0), 0.3, 0.32, edge: 0.04, pot)
            body.cylinder(Vector(0.1, 1.48, 0), Vector(0.1, 1.54, 0), 0.34, 0.34, edge: 0.02, knob)
        }
        let apple = scene.paint(
            scene.random.pick([Vector(0.86, 0.14, 0.12), Vector(0.55, 0.75, 0.16), Vector(0.98, 0.6, 0.1)]),
            gloss: 0.6)
        for place in scene.places(scene.random.integer(below: 3), z: 0.3...1.3, x: 1.2...1.8) {
            scene.stand(x: place.x, z: place.z) {
                $0.ellipsoid(Vector(0, 0.17, 0), Vector(0.2, 0.18, 0.2), apple)
            }
        }
    }
}
