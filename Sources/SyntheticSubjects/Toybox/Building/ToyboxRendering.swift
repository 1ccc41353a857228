import CToybox
import Images

/// From a composition to pixels.
struct ToyboxRendering {
    private var scene: SceneBuilder

    init(_ composition: ToyboxComposition) {
        let identity = composition.identity
        scene = SceneBuilder(
            materials: ToyPaint.materials(of: identity), light: composition.light,
            random: composition.furnishing)
        composition.scene.layout.build(&scene)
        let body = ToyBuilder(identity).body
        let (low, high) = (body.low, body.high)
        let middle = (low + high) / 2
        let frame = Frame.yaw(composition.yaw)
        let foot = Vector(middle.x, 0, middle.z)
        scene.add(body, origin: -frame.outward(foot), frame: frame, scale: 1, isSubject: true)
        let half = (high - low) / 2
        let reach = max(half.y, (half.x * half.x + half.z * half.z).squareRoot() * 0.86)
        let distance = reach / (composition.size * composition.lens)
        place(camera: composition, target: Vector(0, middle.y, 0), distance: distance)
        if composition.isOccluded { occlude(composition, reach: reach) }
    }

    private mutating func place(camera: ToyboxComposition, target: Vector, distance: Float) {
        let (sine, cosine) = (Turn.sine(camera.elevation), Turn.cosine(camera.elevation))
        let forward = Vector(0, -sine, cosine)
        let (leanSine, leanCosine) = (Turn.sine(camera.lean), Turn.cosine(camera.lean))
        let (right, up) = (Vector(1, 0, 0), Vector(0, cosine, sine))
        var eye = target - forward * distance
        eye.y = max(eye.y, 0.12)
        scene.picture.eye = eye.c
        scene.picture.view =
            Frame(
                x: right * leanCosine + up * leanSine, y: up * leanCosine - right * leanSine, z: forward
            ).c
        scene.picture.tangent = camera.lens
        scene.picture.shift_x = -camera.offset.x
        scene.picture.shift_y = -camera.offset.y
    }

    /// Something low between the camera and the subject, to one side.
    private mutating func occlude(_ composition: ToyboxComposition, reach: Float) {
        let side = scene.random.side()
        let x = side * reach * scene.random.number(0.28...0.6)
        let z = -reach * 1.05 - 0.35
        let size = scene.random.number(0.85...1.15) * max(0.75, reach)
        if composition.scene.isIndoors {
            switch scene.random.integer(below: 3) {
            case 0: scene.bouncyBall(x: x, z: z, size: size)
            case 1: scene.blocks(x: x, z: z, size: size * 0.75)
            default: scene.books(x: x, z: z, size: size * 0.75)
            }
        } else {
            switch scene.random.integer(below: 3) {
            case 0 where composition.scene == .sea:
                scene.coral(x: x, z: z, size: size * 0.8, Vector(0.95, 0.4, 0.4))
            case 0 where ![.moon, .volcano, .desert].contains(composition.scene):
                scene.bush(x: x, z: z, size: size, Vector(0.25, 0.52, 0.2))
            case 1: scene.bouncyBall(x: x, z: z, size: size * 0.8)
            default: scene.rock(x: x, z: z, size: size, Vector(0.52, 0.5, 0.49))
            }
        }
    }

    /// - Returns: the picture, and how much of each pixel is the subject's, row after row.
    func pixels(size: Int, showsSubject: Bool = true, code: toybox_code = toybox_best_code()) -> (
        image: RGBImage, mask: [UInt8]
    ) {
        var pixels = [UInt8](repeating: 0, count: size * size * 3)
        var mask = [UInt8](repeating: 0, count: size * size)
        var picture = scene.picture
        let status = scene.bodies.withUnsafeBufferPointer { bodies in
            scene.parts.withUnsafeBufferPointer { parts in
                scene.materials.withUnsafeBufferPointer { materials in
                    picture.bodies = bodies.baseAddress
                    picture.body_count = Int32(bodies.count)
                    picture.parts = parts.baseAddress
                    picture.part_count = Int32(parts.count)
                    picture.materials = materials.baseAddress
                    picture.material_count = Int32(materials.count)
                    return toybox_render(&picture, Int32(size), showsSubject ? 1 : 0, code, &pixels, &mask)
                }
            }
        }
        precondition(status == 0, "there is not enough memory for a picture of \(size) x \(size)")
        return (RGBImage(width: size, height: size, pixels: pixels), mask)
    }
}
