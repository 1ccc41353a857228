import CToybox

/// Green grass with flowers, hills, a blue sky.
enum MeadowScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(
            TOYBOX_GRASS, Vector(0.30, 0.60, 0.18), Vector(0.48, 0.75, 0.26), Vector(0.99, 0.98, 0.96))
        scene.sky(zenith: Vector(0.26, 0.58, 0.96), horizon: Vector(0.78, 0.91, 0.99), clouds: 0.5)
        scene.layer(
            0, TOYBOX_HILLS, height: 0.2, frequency: 1.6, Vector(0.42, 0.66, 0.36), Vector(0.5, 0.73, 0.48))
        scene.layer(
            1, TOYBOX_HILLS, height: 0.11, frequency: 2.3, Vector(0.35, 0.63, 0.25), Vector(0.44, 0.7, 0.32))
        scene.daylight()
        let stem = scene.paint(Vector(0.24, 0.56, 0.2)), heart = scene.paint(Vector(0.99, 0.8, 0.2))
        for place in scene.places(6, z: -0.3...2.6, x: 1.2...2.8) {
            let petal = scene.paint(
                scene.random.pick([
                    Vector(0.98, 0.97, 0.95), Vector(0.93, 0.3, 0.35), Vector(0.7, 0.4, 0.85),
                    Vector(0.99, 0.75, 0.2),
                ]))
            scene.stand(
                x: place.x, z: place.z, yaw: scene.random.number(-0.1...0.1),
                scale: scene.random.number(0.6...1)
            ) { body in
                body.limb(Vector(0, 0, 0), Vector(0, 0.6, 0), 0.03, 0.03, stem)
                for index in 0..<5 {
                    let turn = Float(index) / 5
                    body.ball(
                        Vector(Turn.sine(turn) * 0.15, 0.65 + Turn.cosine(turn) * 0.15, -0.02), 0.1, petal)
                }
                body.ball(Vector(0, 0.65, -0.06), 0.09, heart)
            }
        }
        if scene.random.chance(0.6) {
            scene.tree(
                x: scene.random.side() * scene.random.number(2...3.4), z: scene.random.number(3...5),
                height: scene.random.number(2.2...3), Vector(0.28, 0.58, 0.22))
        }
    }
}
