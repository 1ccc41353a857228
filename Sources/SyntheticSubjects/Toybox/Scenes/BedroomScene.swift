import CToybox

/// A round carpet, striped wallpaper, a lamp, toys.
enum BedroomScene: SceneLayout {
    static func build(_ scene: inout SceneBuilder) {
        let wall = scene.random.pick([
            Vector(0.98, 0.83, 0.85), Vector(0.8, 0.87, 0.98), Vector(0.87, 0.82, 0.97),
            Vector(0.99, 0.92, 0.74),
        ])
        let rug = scene.random.pick([
            Vector(0.95, 0.58, 0.65), Vector(0.55, 0.6, 0.9), Vector(0.95, 0.78, 0.5),
            Vector(0.5, 0.78, 0.72),
        ])
        scene.ground(TOYBOX_CARPET, rug, Vector(0.97, 0.94, 0.9), Vector(0.80, 0.66, 0.52))
        scene.sky(zenith: Vector(0.4, 0.68, 0.97), horizon: Vector(0.85, 0.93, 0.99))
        scene.wall(
            TOYBOX_WALLPAPER, z: scene.random.number(2.1...2.8), scale: 1.7, wall, wall * 0.93,
            Vector(0.96, 0.95, 0.93))
        if scene.random.chance(0.7) { scene.window() }
        scene.daylight()
        let side: Float = scene.picture.window_x > 0 ? -1 : 1
        let depth = scene.picture.wall_z
        let wood = scene.paint(Vector(0.72, 0.5, 0.32), gloss: 0.2),
            sheet = scene.paint(scene.random.pick(ToyboxColor.saturated).vector * 0.6 + 0.3),
            pillow = scene.paint(Vector(0.97, 0.96, 0.94))
        if scene.random.chance(0.6) {  // a bed
            scene.stand(x: side * scene.random.number(2.1...2.6), z: depth - 0.75) { body in
                body.box(Vector(0, 0.3, 0), Vector(1, 0.14, 0.6), edge: 0.05, wood)
                body.box(Vector(0, 0.5, 0), Vector(0.96, 0.14, 0.6), edge: 0.12, sheet)
                body.box(Vector(side * 0.7, 0.7, 0), Vector(0.24, 0.12, 0.42), edge: 0.11, pillow)
                body.box(Vector(side * 1.02, 0.55, 0), Vector(0.06, 0.55, 0.62), edge: 0.05, wood)
            }
        } else {  // a standing lamp
            let shade = scene.paint(Vector(1, 0.88, 0.6), glow: 0.5)
            scene.stand(x: side * scene.random.number(1.5...2.1), z: depth - 0.6) { body in
                body.cylinder(Vector(0, 0, 0), Vector(0, 0.06, 0), 0.26, 0.24, wood)
                body.limb(Vector(0, 0, 0), Vector(0, 1.5, 0), 0.035, 0.03, wood)
                body.cylinder(Vector(0, 1.35, 0), Vector(0, 1.85, 0), 0.38, 0.24, edge: 0.03, shade)
            }
        }
        if scene.random.chance(0.5) {
            scene.blocks(
                x: -side * scene.random.number(1.3...1.8), z: scene.random.number(0.5...1.3), size: 0.7)
        } else {
            scene.bouncyBall(
                x: -side * scene.random.number(1.3...1.8), z: scene.random.number(0.5...1.3), size: 0.6)
        }
    }
}
