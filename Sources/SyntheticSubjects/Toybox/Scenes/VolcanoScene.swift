import CToybox

/// Black rock with glowing cracks under a red sky.
enum VolcanoScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(
            TOYBOX_LAVA, Vector(0.25, 0.20, 0.21), Vector(0.85, 0.12, 0.03), Vector(1, 0.70, 0.12), scale: 1.1
        )
        scene.sky(
            zenith: Vector(0.16, 0.06, 0.10), horizon: Vector(0.88, 0.30, 0.12),
            haze: Vector(0.5, 0.16, 0.12), density: 0.03, clouds: 0.55)
        scene.picture.cloud = Vector(0.42, 0.16, 0.14).linear
        scene.layer(
            0, TOYBOX_RIDGE, height: 0.46, frequency: 2.1, Vector(0.2, 0.1, 0.12), Vector(0.36, 0.15, 0.14),
            cap: Vector(1, 0.42, 0.1))
        scene.sun(
            Vector(1.7, 1.25, 1.0), height: 0.08...0.15, above: Vector(0.62, 0.34, 0.32),
            below: Vector(0.75, 0.25, 0.08), sharpness: 8)
        for place in scene.places(4, z: 0.6...3.6, x: 1.4...3) {
            scene.rock(x: place.x, z: place.z, size: scene.random.number(0.5...1.2), Vector(0.27, 0.21, 0.22))
        }
        scene.particles(TOYBOX_SPARKS, Vector(1.15, 0.62, 0.15), scale: scene.random.number(6...9))
    }
}
