import CToybox

/// Under water: sand with dancing light, weeds, corals, bubbles.
enum SeaScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(TOYBOX_SAND, Vector(0.62, 0.76, 0.68), Vector(0.74, 0.85, 0.72))
        scene.sky(
            zenith: Vector(0.30, 0.78, 0.90), horizon: Vector(0.03, 0.36, 0.58),
            haze: Vector(0.04, 0.40, 0.60), density: 0.085)
        scene.layer(
            0, TOYBOX_RIDGE, height: 0.3, frequency: 2.6, Vector(0.03, 0.3, 0.5), Vector(0.06, 0.4, 0.58),
            cap: Vector(0.08, 0.44, 0.62))
        scene.sun(Vector(1.15, 1.6, 1.55), height: 0.15...0.21, above: Vector(0.4, 0.72, 0.88), sharpness: 6)
        scene.picture.caustics = 0.9
        for place in scene.places(5, z: 0.3...3.4, x: 1.3...2.9) {
            if scene.random.chance(0.5) {
                scene.seaweed(
                    x: place.x, z: place.z, height: scene.random.number(1...2.1), Vector(0.15, 0.55, 0.3))
            } else {
                scene.coral(
                    x: place.x, z: place.z, size: scene.random.number(0.6...1.1),
                    scene.random.pick([
                        Vector(0.95, 0.35, 0.4), Vector(0.97, 0.6, 0.3), Vector(0.8, 0.4, 0.75),
                    ]))
            }
        }
        scene.particles(TOYBOX_BUBBLES, Vector(0.85, 0.97, 1), scale: scene.random.number(5...7))
    }
}
