import CToybox

/// Shelves of books, a wooden floor.
enum LibraryScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        scene.ground(
            TOYBOX_PLANKS, Vector(0.50, 0.29, 0.17), Vector(0.40, 0.22, 0.12), scale: 1.2, gloss: 0.7)
        scene.sky(zenith: Vector(0.3, 0.2, 0.14), horizon: Vector(0.5, 0.36, 0.25))
        scene.wall(
            TOYBOX_SHELVES, z: scene.random.number(1.8...2.8), scale: scene.random.number(1.25...1.6),
            Vector(0.45, 0.27, 0.15), Vector(0.62, 0.14, 0.13), Vector(0.15, 0.26, 0.5))
        scene.brightness = 0.95
        scene.daylight()
        let side = scene.random.side()
        scene.books(
            x: side * scene.random.number(1.3...1.8), z: scene.random.number(0.4...1),
            size: scene.random.number(0.8...1.1))
        let brass = scene.paint(Vector(0.8, 0.62, 0.25), gloss: 0.9),
            globe = scene.paint(
                toybox_material(
                    base: Vector(0.25, 0.5, 0.75).linear, second: Vector(0.5, 0.65, 0.3).linear,
                    third: Vector.one.linear,
                    pattern: Int32(TOYBOX_PATCHES.rawValue), scale: 3, amount: 0.6, axis: Vector(0, 1, 0).c,
                    phase: Vector(scene.random.number(0...9), 0, 0).c, gloss: 0.5, sheen: 0.3, glow: 0))
        scene.stand(
            x: -side * scene.random.number(1.4...2), z: scene.random.number(0.6...1.2),
            scale: scene.random.number(0.8...1.1)
        ) { body in
            body.cylinder(Vector(0, 0, 0), Vector(0, 0.07, 0), 0.26, 0.24, brass)
            body.limb(Vector(0, 0, 0), Vector(0, 0.3, 0), 0.05, 0.04, brass)
            body.ball(Vector(0, 0.68, 0), 0.34, globe)
            body.arc(Vector(0, 0.68, 0), 0.38, 0.03, opening: 0.55, brass, .hard, .roll(0.62))
        }
    }
}
