import CToybox

/// Dark hills under stars and the moon.
enum NightScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(
            TOYBOX_GRASS, Vector(0.13, 0.27, 0.34), Vector(0.19, 0.37, 0.42), Vector(0.35, 0.42, 0.6))
        scene.sky(zenith: Vector(0.03, 0.04, 0.17), horizon: Vector(0.17, 0.19, 0.44), density: 0.02)
        scene.picture.stars = 0.4
        scene.disc(
            x: scene.random.side() * scene.random.number(0.12...0.26), y: scene.random.number(0.1...0.22),
            radius: scene.random.number(0.05...0.085), Vector(1.05, 1.02, 0.9), Vector(0.86, 0.83, 0.74),
            halo: Vector(0.35, 0.38, 0.5))
        scene.layer(
            0, TOYBOX_HILLS, height: 0.12, frequency: 1.7, Vector(0.07, 0.1, 0.2), Vector(0.1, 0.13, 0.25))
        scene.layer(
            1, TOYBOX_PINES, height: 0.09, frequency: 12, Vector(0.04, 0.08, 0.13), Vector(0.06, 0.12, 0.17))
        scene.sun(Vector(1.1, 1.15, 1.35), height: 0.09...0.16, above: Vector(0.36, 0.42, 0.7), sharpness: 9)
        let tent = scene.random.chance(0.4)
        if tent {
            let fire = scene.paint(Vector(1, 0.6, 0.2), glow: 1.6), log = scene.paint(Vector(0.3, 0.2, 0.14))
            scene.stand(
                x: scene.random.side() * scene.random.number(1.4...2), z: scene.random.number(0.6...1.6)
            ) { body in
                body.limb(Vector(-0.3, 0.07, -0.1), Vector(0.3, 0.09, 0.1), 0.07, 0.07, log)
                body.limb(Vector(0.3, 0.07, -0.1), Vector(-0.3, 0.09, 0.1), 0.07, 0.07, log)
                body.limb(Vector(0, 0.16, 0), Vector(0.03, 0.55, 0), 0.15, 0.02, fire)
                body.limb(Vector(0.12, 0.14, 0), Vector(0.17, 0.38, 0), 0.1, 0.02, fire, .soft(0.05))
            }
        } else {
            scene.tree(
                x: scene.random.side() * scene.random.number(1.8...2.8), z: scene.random.number(1.6...3),
                height: scene.random.number(2...2.8), Vector(0.12, 0.26, 0.25))
        }
    }
}
