import CToybox

/// Orange sand, table mountains, cacti.
enum DesertScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(TOYBOX_SAND, Vector(0.90, 0.58, 0.30), Vector(0.97, 0.70, 0.40), scale: 0.8)
        scene.sky(zenith: Vector(0.36, 0.66, 0.95), horizon: Vector(0.99, 0.89, 0.72))
        scene.layer(
            0, TOYBOX_MESAS, height: 0.3, frequency: 2.2, Vector(0.74, 0.4, 0.27), Vector(0.85, 0.52, 0.34),
            cap: Vector(0.6, 0.29, 0.2))
        scene.layer(
            1, TOYBOX_HILLS, height: 0.07, frequency: 2.6, Vector(0.86, 0.55, 0.3), Vector(0.93, 0.64, 0.37))
        scene.daylight()
        for place in scene.places(3, z: 1.2...4.5, x: 1.5...3.2) {
            scene.cactus(x: place.x, z: place.z, height: scene.random.number(1.3...2.3))
        }
        for place in scene.places(2, z: 0.3...2, x: 1.3...2.3) {
            scene.rock(x: place.x, z: place.z, size: scene.random.number(0.3...0.7), Vector(0.68, 0.4, 0.27))
        }
    }
}
