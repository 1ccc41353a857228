import CToybox

/// Puts shapes together. Lengths are in toys' heights, near enough; y points up, and a toy's front is towards -z.
struct BodyBuilder {
    private(set) var parts: [toybox_part] = []
    /// The corners of a box that holds all parts, those in frames that are turned a little widely.
    private(set) var low = Vector(repeating: .infinity)
    private(set) var high = Vector(repeating: -.infinity)

    /// How a part joins those before it.
    struct Join {
        var blend: Float = 0
        var isMirrored = false
        var isCarved = false

        /// With a sharp seam.
        static let hard = Join()
        /// A pair: at x and at -x.
        static let pair = Join(isMirrored: true)
        /// Takes away.
        static let carve = Join(isCarved: true)

        /// With a seam that is rounded so far.
        static func soft(_ blend: Float) -> Join { Join(blend: blend) }
        static func softPair(_ blend: Float) -> Join { Join(blend: blend, isMirrored: true) }
    }

    mutating func ball(_ center: Vector, _ radius: Float, _ material: Int32, _ join: Join = .hard) {
        ellipsoid(center, Vector(repeating: radius), material, join)
    }

    mutating func ellipsoid(
        _ center: Vector, _ radii: Vector, _ material: Int32, _ join: Join = .hard, _ frame: Frame = .upright
    ) {
        add(
            TOYBOX_ELLIPSOID, center, frame, (radii.x, radii.y, radii.z, 0), material, join,
            reach: radii.max(),
            half: (frame.x * frame.x * radii.x * radii.x + frame.y * frame.y * radii.y * radii.y
                + frame.z * frame.z * radii.z * radii.z).squareRoot())
    }

    /// A limb from one point to another, round at both ends. `flattening` 1 is round; more makes it thin towards its
    /// front and back.
    mutating func limb(
        _ from: Vector, _ to: Vector, _ radius: Float, _ end: Float, _ material: Int32, _ join: Join = .hard,
        flattening: Float = 1
    ) {
        let length = max((to - from).length, abs(radius - end) * 1.02 + 1e-3)
        let frame = Frame(up: to - from)
        let middle = length / 2
        add(
            TOYBOX_ROUND_CONE, from, frame, (radius, end, length, flattening), material, join,
            bound: from + frame.y * middle, reach: middle + max(radius, end),
            half: frame.y.magnitudes * middle + max(radius, end))
    }

    /// Limbs along a line of points, each as thick as its end says.
    mutating func chain(_ points: [(Vector, Float)], _ material: Int32, _ join: Join = .hard) {
        for (from, to) in zip(points, points.dropFirst()) {
            limb(from.0, to.0, from.1, to.1, material, join)
        }
    }

    mutating func box(
        _ center: Vector, _ half: Vector, edge: Float, _ material: Int32, _ join: Join = .hard,
        _ frame: Frame = .upright
    ) {
        let edge = min(edge, half.min() * 0.999)
        add(
            TOYBOX_BOX, center, frame, (half.x, half.y, half.z, edge), material, join, reach: half.length,
            half: frame.x.magnitudes * half.x + frame.y.magnitudes * half.y + frame.z.magnitudes * half.z)
    }

    /// A cylinder, or a cone without its tip, between two points; the radii hold its edges.
    mutating func cylinder(
        _ from: Vector, _ to: Vector, _ radius: Float, _ end: Float, edge: Float = 0.02, _ material: Int32,
        _ join: Join = .hard
    ) {
        let half = (to - from).length / 2
        let edge = min(edge, half * 0.98, min(radius, end) * 0.98)
        add(
            TOYBOX_CYLINDER, (from + to) / 2, Frame(up: to - from),
            (radius - edge, end - edge, half - edge, edge), material, join,
            reach: (half * half + max(radius, end) * max(radius, end)).squareRoot(),
            half: across(to - from) * max(radius, end) + ((to - from) / 2).magnitudes)
    }

    /// A bent rod: a part of a ring in the frame's xy plane, symmetric round its y axis. `opening` is the part's angle in
    /// turns: 1 is the whole ring.
    mutating func arc(
        _ center: Vector, _ radius: Float, _ tube: Float, opening: Float, _ material: Int32,
        _ join: Join = .hard,
        _ frame: Frame = .upright
    ) {
        add(
            TOYBOX_ARC, center, frame,
            (radius, tube, Turn.sine(opening / 2), Turn.cosine(opening / 2)), material, join,
            reach: radius + tube, half: across(frame.z) * radius + tube)
    }

    /// How far a disc of radius 1 reaches along each axis.
    private func across(_ normal: Vector) -> Vector {
        let unit = normal.unit
        return pointwiseMax(1 - unit * unit, Vector.zero).squareRoot()
    }

    private mutating func add(
        _ shape: toybox_shape, _ center: Vector, _ frame: Frame, _ size: (Float, Float, Float, Float),
        _ material: Int32, _ join: Join, bound: Vector? = nil, reach: Float, half: Vector
    ) {
        let middle = bound ?? center
        parts.append(
            toybox_part(
                shape: Int32(shape.rawValue), is_carved: join.isCarved ? 1 : 0,
                is_mirrored: join.isMirrored ? 1 : 0, material: material, blend: join.blend, center: center.c,
                frame: frame.c, size: size, bound_center: middle.c, bound_radius: reach))
        guard !join.isCarved else { return }
        low = pointwiseMin(low, middle - half)
        high = pointwiseMax(high, middle + half)
        guard join.isMirrored else { return }
        low.x = min(low.x, -middle.x - half.x)
        high.x = max(high.x, -middle.x + half.x)
    }

    /// A ball that holds all parts.
    var bound: (center: Vector, radius: Float) {
        let middle = (low + high) / 2
        return (middle, (high - middle).length)
    }
}
