import CToybox

/// White ground, snowy pines, flakes in the air.
enum SnowScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(TOYBOX_SNOW, Vector(0.93, 0.95, 0.99), Vector(0.80, 0.87, 0.97))
        scene.sky(
            zenith: Vector(0.55, 0.72, 0.93), horizon: Vector(0.88, 0.93, 0.99), density: 0.018, clouds: 0.3)
        scene.layer(
            0, TOYBOX_RIDGE, height: 0.26, frequency: 2.4, Vector(0.68, 0.76, 0.88), Vector(0.78, 0.85, 0.94),
            cap: Vector(0.97, 0.98, 1))
        scene.layer(
            1, TOYBOX_PINES, height: 0.13, frequency: 13, Vector(0.42, 0.54, 0.62), Vector(0.72, 0.8, 0.86))
        scene.brightness = 0.74
        scene.daylight()
        for place in scene.places(5, z: 1.2...5, x: 1.5...3.6) {
            scene.pine(
                x: place.x, z: place.z, height: scene.random.number(1.3...2.4), Vector(0.2, 0.42, 0.33),
                snow: true)
        }
        scene.particles(TOYBOX_FLAKES, Vector(1.05, 1.05, 1.08), scale: scene.random.number(7...11))
    }
}
