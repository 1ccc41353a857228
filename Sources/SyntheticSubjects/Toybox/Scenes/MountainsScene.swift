import CToybox

/// Bare rock before snowy peaks.
enum MountainsScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(
            TOYBOX_ROCK, Vector(0.36, 0.36, 0.38), Vector(0.60, 0.59, 0.58), Vector(0.42, 0.55, 0.32))
        scene.sky(zenith: Vector(0.20, 0.48, 0.90), horizon: Vector(0.75, 0.88, 0.98), clouds: 0.3)
        scene.layer(
            0, TOYBOX_RIDGE, height: scene.random.number(0.5...0.66), frequency: 2.4, Vector(0.4, 0.46, 0.58),
            Vector(0.58, 0.62, 0.72), cap: Vector(0.98, 0.99, 1))
        scene.layer(
            1, TOYBOX_RIDGE, height: 0.3, frequency: 3.4, Vector(0.34, 0.37, 0.43), Vector(0.5, 0.52, 0.56),
            cap: Vector(0.93, 0.95, 0.98))
        scene.layer(
            2, TOYBOX_PINES, height: 0.06, frequency: 16, Vector(0.16, 0.3, 0.24), Vector(0.24, 0.4, 0.3))
        scene.daylight()
        for place in scene.places(4, z: 0.5...3.6, x: 1.4...3) {
            scene.rock(x: place.x, z: place.z, size: scene.random.number(0.5...1.3), Vector(0.5, 0.5, 0.52))
        }
        if scene.random.chance(0.5) {
            scene.pine(
                x: scene.random.side() * scene.random.number(1.7...2.6), z: scene.random.number(1.4...3),
                height: scene.random.number(1.4...2.2), Vector(0.2, 0.4, 0.28))
        }
    }
}
