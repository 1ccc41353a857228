import CToybox
import Images

/// From a composition to pixels.
struct ToyboxRendering {
    private var scene: SceneBuilder

    /// What was put together elsewhere, camera and all.
    init(_ scene: SceneBuilder) { self.scene = scene }

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
        if composition.isOccluded {
            occlude(composition, half: half, distance: distance)
        }
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

    /// Something between the camera and the subject, to one side, that hides a part of its lower half.
    private mutating func occlude(_ composition: ToyboxComposition, half: Vector, distance: Float) {
        let side = scene.random.side()
        let reach = (half.x * half.x + half.z * half.z).squareRoot()
        let z = -reach - 0.45
        // What is nearer seems larger and farther from the middle.
        let nearness = max(0.3, 1 + z / distance)
        let x = side * (half.x + half.z) / 2 * scene.random.number(0.45...0.95) * nearness
        let eye = scene.picture.eye.y
        let top = max(0.22, eye + (scene.random.number(0.26...0.46) * 2 * half.y - eye) * nearness)
        let choice = scene.random.integer(below: 3)
        switch composition.scene {
        case let place where place.isIndoors && choice == 0: scene.blocks(x: x, z: z, size: top * 0.7)
        case let place where place.isIndoors && choice == 1: scene.books(x: x, z: z, size: top)
        case .sea where choice > 0: scene.coral(x: x, z: z, size: top * 1.1, Vector(0.95, 0.4, 0.4))
        case .moon, .volcano, .desert, .mountains,
            .beach where choice > 0:
            scene.rock(x: x, z: z, size: top * 1.4, Vector(0.52, 0.5, 0.49))
        case .snow, .forest, .meadow, .garden, .park, .lake, .field,
            .night where choice > 0:
            scene.bush(x: x, z: z, size: top * 1.25, Vector(0.25, 0.52, 0.2))
        default: scene.bouncyBall(x: x, z: z, size: top)
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
