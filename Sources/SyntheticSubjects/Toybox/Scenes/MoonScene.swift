import CToybox

/// Grey craters, a black sky, the earth.
enum MoonScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(TOYBOX_CRATERS, Vector(0.66, 0.66, 0.68), Vector(0.5, 0.5, 0.52))
        scene.sky(
            zenith: Vector(0.01, 0.01, 0.03), horizon: Vector(0.03, 0.03, 0.07), haze: Vector(0.1, 0.1, 0.13),
            density: 0.01)
        scene.picture.stars = 0.5
        scene.disc(
            x: scene.random.side() * scene.random.number(0.1...0.26), y: scene.random.number(0.12...0.24),
            radius: scene.random.number(0.08...0.12), Vector(0.2, 0.45, 0.9), Vector(0.9, 0.95, 0.97),
            halo: Vector(0.12, 0.2, 0.35))
        scene.layer(
            0, TOYBOX_HILLS, height: 0.07, frequency: 2.4, Vector(0.36, 0.36, 0.38), Vector(0.46, 0.46, 0.48))
        scene.sun(
            Vector(2.1, 2.05, 1.95), height: 0.07...0.13, above: Vector(0.34, 0.35, 0.42), sharpness: 26,
            aside: 0.08...0.2)
        for place in scene.places(3, z: 0.5...3.6, x: 1.3...3) {
            scene.rock(x: place.x, z: place.z, size: scene.random.number(0.4...1), Vector(0.55, 0.55, 0.57))
        }
        if scene.random.chance(0.5) {
            let pole = scene.paint(Vector(0.85, 0.85, 0.88), gloss: 0.8),
                cloth = scene.paint(scene.random.pick(ToyboxColor.saturated).vector)
            scene.stand(
                x: scene.random.side() * scene.random.number(1.4...2.2), z: scene.random.number(1...2)
            ) { body in
                body.limb(Vector(0, 0, 0), Vector(0, 1.8, 0), 0.03, 0.03, pole)
                body.box(Vector(0.36, 1.55, 0), Vector(0.36, 0.23, 0.02), edge: 0.015, cloth)
            }
        }
    }
}
