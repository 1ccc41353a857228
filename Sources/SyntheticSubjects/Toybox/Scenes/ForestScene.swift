import CToybox

/// Tall trunks, dark green, a floor of leaves.
enum ForestScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(
            TOYBOX_LEAVES, Vector(0.27, 0.33, 0.15), Vector(0.45, 0.50, 0.18), Vector(0.45, 0.33, 0.16))
        scene.sky(
            zenith: Vector(0.25, 0.45, 0.22), horizon: Vector(0.62, 0.75, 0.42),
            haze: Vector(0.36, 0.52, 0.28), density: 0.035)
        scene.layer(
            0, TOYBOX_BUSHES, height: 0.7, frequency: 4, Vector(0.2, 0.38, 0.18), Vector(0.36, 0.54, 0.25))
        scene.layer(
            1, TOYBOX_PINES, height: 0.48, frequency: 7, Vector(0.11, 0.27, 0.15), Vector(0.2, 0.42, 0.21))
        scene.layer(
            2, TOYBOX_BUSHES, height: 0.12, frequency: 9, Vector(0.1, 0.24, 0.1), Vector(0.22, 0.42, 0.16))
        scene.brightness = 0.9
        scene.daylight()
        for place in scene.places(6, z: 1.3...5.5, x: 1.2...3.6) {
            scene.trunk(
                x: place.x, z: place.z, Vector(0.42, 0.3, 0.22) * scene.random.number(0.8...1.2),
                thickness: scene.random.number(0.18...0.34))
        }
        for place in scene.places(2, z: 0.9...2.6, x: 1.4...2.6) {
            scene.bush(
                x: place.x, z: place.z, size: scene.random.number(0.6...1.1), Vector(0.2, 0.44, 0.18),
                berries: scene.random.chance(0.4) ? Vector(0.85, 0.15, 0.15) : nil)
        }
    }
}
