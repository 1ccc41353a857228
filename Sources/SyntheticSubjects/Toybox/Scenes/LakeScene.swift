import CToybox

/// Still water at sunset, reeds on the shore.
enum LakeScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(TOYBOX_GRASS, Vector(0.36, 0.42, 0.22), Vector(0.50, 0.52, 0.28), Vector(0.85, 0.7, 0.5))
        scene.sky(zenith: Vector(0.34, 0.28, 0.62), horizon: Vector(1, 0.62, 0.4), clouds: 0.4)
        scene.water(
            beyond: scene.random.number(1.7...2.4), Vector(0.45, 0.33, 0.55), foam: Vector(0.8, 0.66, 0.5))
        scene.disc(
            x: scene.random.side() * scene.random.number(0.05...0.24), y: scene.random.number(0.03...0.09),
            radius: 0.06, Vector(1.2, 0.95, 0.55), Vector(1.2, 0.95, 0.55), halo: Vector(0.8, 0.45, 0.2))
        scene.layer(
            0, TOYBOX_HILLS, height: 0.09, frequency: 1.5, Vector(0.5, 0.3, 0.5), Vector(0.6, 0.38, 0.5))
        scene.daylight()
        let reed = scene.paint(Vector(0.4, 0.5, 0.22)), head = scene.paint(Vector(0.4, 0.22, 0.12))
        for place in scene.places(5, z: 0.7...1.9, x: 1.2...2.6) {
            scene.stand(
                x: place.x, z: place.z, yaw: scene.random.unit(), scale: scene.random.number(0.8...1.2)
            ) { body in
                for index in 0..<3 {
                    let off = Float(index) * 0.12 - 0.12
                    body.limb(
                        Vector(off, 0, 0), Vector(off * 1.8, 1.1 - off * off * 10, 0.02), 0.025, 0.015, reed)
                    body.limb(
                        Vector(off * 1.8, 1.0 - off * off * 10, 0.02),
                        Vector(off * 1.85, 1.28 - off * off * 10, 0.02), 0.055, 0.05, head)
                }
            }
        }
        scene.rock(
            x: scene.random.side() * scene.random.number(1.4...2), z: scene.random.number(0.8...1.5),
            size: 0.6, Vector(0.45, 0.42, 0.45))
    }
}
