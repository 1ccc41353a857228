import CToybox

/// Collects what is round a subject: ground, sky, walls, light, and things that stand about.
struct SceneBuilder {
    var picture = toybox_picture()
    var random: ToyboxRandom
    let light: ToyboxLight
    private(set) var materials: [toybox_material]
    var parts: [toybox_part] = []
    var bodies: [toybox_body] = []
    /// How bright the scene's sun and sky are, over those of others.
    var brightness: Float = 1

    init(materials: [toybox_material], light: ToyboxLight, random: ToyboxRandom) {
        (self.materials, self.light, self.random) = (materials, light, random)
        picture.shore = 1e6
        picture.ground_scale = 1
        picture.wall_scale = 1
        picture.particle_scale = 8
        picture.sharpness = 9
        picture.exposure = 0.8
        picture.cloud = Vector(1, 1, 1).linear
        picture.seed = UInt32(truncatingIfNeeded: self.random.next())
    }

    // MARK: Surroundings. Colours are in sRGB.

    mutating func ground(
        _ kind: toybox_ground, _ base: Vector, _ second: Vector, _ third: Vector = .one, scale: Float = 1,
        gloss: Float = 0
    ) {
        picture.ground = Int32(kind.rawValue)
        picture.ground_base = base.linear
        picture.ground_second = second.linear
        picture.ground_third = third.linear
        picture.ground_scale = scale
        picture.ground_gloss = gloss
    }

    /// As on a bright day; the light changes it.
    mutating func sky(
        zenith: Vector, horizon: Vector, haze: Vector? = nil, density: Float = 0.012, clouds: Float = 0
    ) {
        var (zenith, horizon, haze, clouds) = (zenith, horizon, haze ?? horizon, clouds)
        func mixed(_ color: Vector, _ other: Vector, _ share: Float) -> Vector {
            color + (other - color) * share
        }
        switch light {
        case .bright, .lamp: break
        case .morning:
            zenith = mixed(zenith, Vector(0.66, 0.74, 0.95), 0.5)
            horizon = mixed(horizon, Vector(1, 0.86, 0.84), 0.65)
            haze = mixed(haze, Vector(1, 0.87, 0.83), 0.5)
            picture.cloud = Vector(1, 0.93, 0.9).linear
        case .evening:
            zenith = mixed(zenith, Vector(0.42, 0.42, 0.78), 0.65)
            horizon = mixed(horizon, Vector(1, 0.66, 0.36), 0.8)
            haze = mixed(haze, Vector(1, 0.7, 0.45), 0.6)
            picture.cloud = Vector(1, 0.74, 0.62).linear
        case .overcast:
            zenith = mixed(zenith, Vector(0.62, 0.67, 0.73), 0.8)
            horizon = mixed(horizon, Vector(0.82, 0.85, 0.88), 0.8)
            haze = mixed(haze, Vector(0.8, 0.83, 0.86), 0.7)
            clouds = max(clouds, 0.8)
            picture.cloud = Vector(0.86, 0.88, 0.91).linear
        }
        picture.zenith = zenith.linear
        picture.horizon = horizon.linear
        picture.haze = haze.linear
        picture.haze_density = density
        picture.clouds = clouds
    }

    /// An outline on the horizon; the first is the farthest. `height` is the tangent of the angle it stands at.
    mutating func layer(
        _ index: Int, _ kind: toybox_layer_kind, height: Float, frequency: Float, _ low: Vector,
        _ high: Vector,
        cap: Vector = .one
    ) {
        let made = toybox_layer(
            kind: Int32(kind.rawValue), height: height, frequency: frequency, offset: random.number(3...90),
            low: dimmed(low), high: dimmed(high), cap: dimmed(cap))
        switch index {
        case 0: picture.layers.0 = made
        case 1: picture.layers.1 = made
        default: picture.layers.2 = made
        }
    }

    /// Outlines have no light of their own: they take the day's.
    private func dimmed(_ color: Vector) -> toybox_color {
        switch light {
        case .bright, .lamp: color.linear
        case .morning: (color * Vector(1.02, 0.95, 0.95)).linear
        case .evening: (color * Vector(1.0, 0.8, 0.72)).linear
        case .overcast: (color * 0.87 + 0.05).linear
        }
    }

    mutating func wall(
        _ kind: toybox_wall, z: Float, scale: Float, _ base: Vector, _ second: Vector, _ third: Vector = .one
    ) {
        picture.wall = Int32(kind.rawValue)
        picture.wall_z = z
        picture.wall_scale = scale
        picture.wall_base = base.linear
        picture.wall_second = second.linear
        picture.wall_third = third.linear
    }

    mutating func window() {
        picture.window_width = random.number(0.6...0.8)
        picture.window_x = random.side() * random.number(1.1...1.9)
    }

    mutating func water(beyond z: Float, _ color: Vector, foam: Vector = .one) {
        picture.shore = z
        picture.water = color.linear
        picture.foam = foam.linear
    }

    mutating func particles(_ kind: toybox_particles, _ color: Vector, scale: Float) {
        picture.particles = Int32(kind.rawValue)
        picture.particle = color.linear
        picture.particle_scale = scale
    }

    /// A moon or a sun: direction to the right and upwards as tangents.
    mutating func disc(
        x: Float, y: Float, radius: Float, _ color: Vector, _ second: Vector, halo: Vector
    ) {
        picture.disc_direction = Vector(x, y, 1).unit.c
        picture.disc_radius = radius
        picture.disc = color.linear
        picture.disc_second = second.linear
        picture.halo = halo.linear
    }

    // MARK: Light

    /// The key light, from the camera's side: `height` is its angle over the ground in turns.
    mutating func sun(
        _ color: Vector, height: ClosedRange<Float>, above: Vector, below: Vector? = nil, sharpness: Float,
        aside: ClosedRange<Float> = 0.05...0.19
    ) {
        let turn = random.side() * random.number(aside)
        let up = random.number(height)
        let flat = Turn.cosine(up)
        picture.sun_direction =
            Vector(Turn.sine(turn) * flat, Turn.sine(up), -Turn.cosine(turn) * flat).unit.c
        picture.sun = color.amount
        picture.ambient_above = above.amount
        // What the ground sends back has its colour.
        let ground = picture.ground_base
        let bounce = Vector(ground.r, ground.g, ground.b) * 0.55 + 0.12
        picture.ambient_below = (below ?? bounce * (above * 0.5 + color * 0.22)).amount
        picture.sharpness = sharpness
    }

    /// The light of the day, for scenes without one of their own.
    mutating func daylight() {
        let b = brightness
        switch light {
        case .bright:
            sun(
                Vector(1.75, 1.66, 1.5) * b, height: 0.1...0.17, above: Vector(0.62, 0.72, 0.9) * b,
                sharpness: 10)
        case .morning:
            sun(
                Vector(1.65, 1.45, 1.3) * b, height: 0.07...0.11, above: Vector(0.68, 0.68, 0.82) * b,
                sharpness: 8,
                aside: 0.1...0.22)
        case .evening:
            sun(
                Vector(1.95, 1.28, 0.72) * b, height: 0.05...0.085, above: Vector(0.58, 0.52, 0.66) * b,
                sharpness: 9,
                aside: 0.1...0.24)
        case .overcast:
            sun(
                Vector(0.62, 0.63, 0.65) * b, height: 0.14...0.2, above: Vector(1.12, 1.16, 1.22) * b,
                sharpness: 3.5)
        case .lamp:
            sun(
                Vector(1.8, 1.36, 0.86) * b, height: 0.09...0.17, above: Vector(0.62, 0.5, 0.42) * b,
                sharpness: 6,
                aside: 0.08...0.2)
        }
    }

    // MARK: Things

    /// A new material: its number.
    mutating func paint(_ material: toybox_material) -> Int32 {
        materials.append(material)
        return Int32(materials.count - 1)
    }

    mutating func paint(_ color: Vector, gloss: Float = 0.1, sheen: Float = 0.25, glow: Float = 0) -> Int32 {
        paint(.plain(color, gloss: gloss, sheen: sheen, glow: glow))
    }

    /// A body of its own on the ground at (x, z), built round its foot.
    mutating func stand(
        x: Float, z: Float, yaw: Float = 0, scale: Float = 1, y: Float = 0,
        _ build: (inout BodyBuilder) -> Void
    ) {
        var body = BodyBuilder()
        build(&body)
        add(body, origin: Vector(x, y, z), frame: .yaw(yaw), scale: scale, isSubject: false)
    }

    /// Nothing happens where there is no room for more.
    mutating func add(_ body: BodyBuilder, origin: Vector, frame: Frame, scale: Float, isSubject: Bool) {
        guard bodies.count < TOYBOX_MAXIMUM_BODIES, parts.count + body.parts.count <= TOYBOX_MAXIMUM_PARTS
        else { return }
        let (center, radius) = body.bound
        bodies.append(
            toybox_body(
                first_part: Int32(parts.count), part_count: Int32(body.parts.count),
                is_subject: isSubject ? 1 : 0,
                scale: scale, origin: origin.c, frame: frame.c,
                bound_center: (origin + frame.outward(center) * scale).c, bound_radius: radius * scale))
        parts += body.parts
    }

    /// Places to the left and to the right behind the subject, so far apart that things there do not meet.
    mutating func places(
        _ count: Int, z depth: ClosedRange<Float>, x aside: ClosedRange<Float>
    ) -> [(x: Float, z: Float)] {
        var made: [(x: Float, z: Float)] = []
        for index in 0..<count {
            for _ in 0..<8 {
                let side: Float = index % 2 == 0 ? 1 : -1
                let place = (x: side * random.number(aside), z: random.number(depth))
                let isFree = made.allSatisfy {
                    ($0.x - place.x) * ($0.x - place.x) + ($0.z - place.z) * ($0.z - place.z) > 1.1
                }
                if isFree {
                    made.append(place)
                    break
                }
            }
        }
        return made
    }
}

extension SIMD3<Float> {
    /// An amount of light.
    var amount: toybox_color { toybox_color(r: x, g: y, b: z) }
}
