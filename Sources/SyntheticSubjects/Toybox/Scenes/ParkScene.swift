import CToybox

/// Autumn: fallen leaves, orange trees, a bench.
enum ParkScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(
            TOYBOX_LEAVES, Vector(0.60, 0.42, 0.20), Vector(0.93, 0.52, 0.14), Vector(0.80, 0.24, 0.13))
        scene.sky(zenith: Vector(0.46, 0.68, 0.92), horizon: Vector(0.96, 0.91, 0.8), clouds: 0.3)
        scene.layer(
            0, TOYBOX_BUSHES, height: 0.34, frequency: 4, Vector(0.72, 0.36, 0.15), Vector(0.93, 0.62, 0.22))
        scene.layer(
            1, TOYBOX_BUSHES, height: 0.14, frequency: 7, Vector(0.55, 0.3, 0.14), Vector(0.75, 0.45, 0.18))
        scene.daylight()
        for place in scene.places(4, z: 1.6...4.6, x: 1.5...3.3) {
            scene.tree(
                x: place.x, z: place.z, height: scene.random.number(2...3),
                scene.random.pick([
                    Vector(0.95, 0.55, 0.12), Vector(0.85, 0.27, 0.12), Vector(0.96, 0.76, 0.2),
                ]))
        }
        if scene.random.chance(0.6) {
            let wood = scene.paint(Vector(0.5, 0.32, 0.2)), iron = scene.paint(Vector(0.2, 0.22, 0.24))
            scene.stand(
                x: scene.random.side() * scene.random.number(1.6...2.1), z: scene.random.number(1...1.6),
                yaw: scene.random.number(-0.04...0.04)
            ) { body in
                body.box(Vector(0, 0.42, 0), Vector(0.75, 0.04, 0.22), edge: 0.03, wood)
                body.box(Vector(0, 0.78, 0.22), Vector(0.75, 0.16, 0.03), edge: 0.03, wood)
                body.box(Vector(0.6, 0.4, 0.1), Vector(0.04, 0.42, 0.16), edge: 0.03, iron, .pair)
            }
        }
    }
}
