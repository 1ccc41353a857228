import CToybox

/// Pink ground, lollipops, sweets.
enum CandylandScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(
            TOYBOX_CHECKERED, Vector(0.98, 0.62, 0.76), Vector(0.99, 0.88, 0.92), scale: 0.8, gloss: 0.4)
        scene.sky(zenith: Vector(0.62, 0.83, 0.98), horizon: Vector(1, 0.86, 0.94), clouds: 0.6)
        scene.layer(
            0, TOYBOX_HILLS, height: 0.2, frequency: 1.9, Vector(0.75, 0.62, 0.95), Vector(0.84, 0.74, 0.98))
        scene.layer(
            1, TOYBOX_HILLS, height: 0.11, frequency: 2.7, Vector(0.55, 0.88, 0.78), Vector(0.68, 0.94, 0.85))
        scene.daylight()
        for place in scene.places(4, z: 0.9...3.6, x: 1.4...2.9) {
            scene.lollipop(x: place.x, z: place.z, height: scene.random.number(1.5...2.6))
        }
        for place in scene.places(4, z: 0.2...1.8, x: 1.2...2.4) {
            let gum = scene.paint(scene.random.pick(ToyboxColor.saturated).vector, gloss: 0.7, sheen: 0.5)
            scene.stand(x: place.x, z: place.z, scale: scene.random.number(0.5...0.9)) {
                $0.ellipsoid(Vector(0, 0.2, 0), Vector(0.32, 0.3, 0.32), gum)
            }
        }
    }
}
