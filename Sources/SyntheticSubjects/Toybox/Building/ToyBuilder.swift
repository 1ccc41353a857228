import CToybox

/// Builds a subject's body: shapes with the names of what they are, and draws of proportions.
struct ToyBuilder {
    var body = BodyBuilder()
    /// The subject's proportions, drawn in the order in which its kind asks.
    var random: ToyboxRandom
    let accessory: ToyboxAccessory?

    init(_ identity: ToyboxIdentity) {
        random = identity.proportions
        accessory = identity.accessory
        identity.kind.shape.build(&self)
    }

    mutating func ball(_ center: Vector, _ radius: Float, _ paint: ToyPaint, _ join: BodyBuilder.Join = .hard)
    {
        body.ball(center, radius, paint.rawValue, join)
    }

    mutating func ellipsoid(
        _ center: Vector, _ radii: Vector, _ paint: ToyPaint, _ join: BodyBuilder.Join = .hard,
        _ frame: Frame = .upright
    ) {
        body.ellipsoid(center, radii, paint.rawValue, join, frame)
    }

    mutating func limb(
        _ from: Vector, _ to: Vector, _ radius: Float, _ end: Float, _ paint: ToyPaint,
        _ join: BodyBuilder.Join = .hard, flattening: Float = 1
    ) {
        body.limb(from, to, radius, end, paint.rawValue, join, flattening: flattening)
    }

    mutating func chain(_ points: [(Vector, Float)], _ paint: ToyPaint, _ join: BodyBuilder.Join = .hard) {
        body.chain(points, paint.rawValue, join)
    }

    mutating func box(
        _ center: Vector, _ half: Vector, edge: Float, _ paint: ToyPaint, _ join: BodyBuilder.Join = .hard,
        _ frame: Frame = .upright
    ) {
        body.box(center, half, edge: edge, paint.rawValue, join, frame)
    }

    mutating func cylinder(
        _ from: Vector, _ to: Vector, _ radius: Float, _ end: Float, edge: Float = 0.02, _ paint: ToyPaint,
        _ join: BodyBuilder.Join = .hard
    ) {
        body.cylinder(from, to, radius, end, edge: edge, paint.rawValue, join)
    }

    mutating func arc(
        _ center: Vector, _ radius: Float, _ tube: Float, opening: Float, _ paint: ToyPaint,
        _ join: BodyBuilder.Join = .hard, _ frame: Frame = .upright
    ) {
        body.arc(center, radius, tube, opening: opening, paint.rawValue, join, frame)
    }

    /// A pair of eyes that look to the front, with a highlight each. `center` is the right one's middle.
    mutating func eyes(_ center: Vector, _ radius: Float, white: Bool = true) {
        var front = center
        if white {
            ellipsoid(center, Vector(radius, radius * 1.12, radius * 0.7), .white, .pair)
            front += Vector(-radius * 0.12, -radius * 0.02, -radius * 0.38)
        }
        let pupil = white ? radius * 0.62 : radius * 0.9
        ellipsoid(front, Vector(pupil, pupil * 1.15, pupil * 0.75), .black, .pair)
        ball(
            front + Vector(pupil * 0.25, pupil * 0.48, -pupil * 0.55), pupil * 0.33, .white, .pair)
    }

    /// A pair of wheels: their middles at x and -x, the axle along x.
    mutating func wheels(_ center: Vector, _ radius: Float, width: Float, _ hub: ToyPaint) {
        let half = Vector(width / 2, 0, 0)
        cylinder(center - half, center + half, radius, radius, edge: min(0.05, width * 0.4), .rubber, .pair)
        cylinder(
            center + half * 0.6, center + half * 1.12, radius * 0.58, radius * 0.52, edge: 0.015, hub, .pair)
    }

    /// What the subject wears. `top` is where the head ends above, `neck` where the body begins, both with the radius
    /// there.
    mutating func wear(top: Vector, topRadius: Float, neck: Vector, neckRadius: Float) {
        let up = Vector(0, 1, 0)
        let r = topRadius
        switch accessory {
        case nil: break
        case .scarf:
            arc(neck, neckRadius, neckRadius * 0.3, opening: 1, .accent, .hard, .pitch(0.25))
            limb(
                neck + Vector(neckRadius * 0.5, 0, -neckRadius * 1.05),
                neck + Vector(neckRadius * 0.75, -neckRadius * 1.1, -neckRadius * 1.25), neckRadius * 0.24,
                neckRadius * 0.3, .accent, flattening: 1.8)
        case .topHat:
            cylinder(top, top + up * 0.05, r * 0.95, r * 0.95, edge: 0.02, .accent)
            cylinder(top + up * 0.03, top + up * r * 1.15, r * 0.58, r * 0.64, edge: 0.03, .accent)
            cylinder(top + up * 0.04, top + up * r * 0.3, r * 0.62, r * 0.63, edge: 0.01, .second)
        case .partyHat:
            limb(top + up * r * 0.1, top + up * r * 1.5, r * 0.5, r * 0.06, .accent)
            ball(top + up * r * 1.62, r * 0.19, .second)
        case .bow:
            let knot = top + Vector(r * 0.3, r * 0.05, -r * 0.25)
            ball(knot, r * 0.2, .second)
            ellipsoid(knot + Vector(r * 0.4, r * 0.1, 0), Vector(r * 0.36, r * 0.3, r * 0.17), .accent)
            ellipsoid(knot + Vector(-r * 0.4, r * 0.1, 0), Vector(r * 0.36, r * 0.3, r * 0.17), .accent)
        case .cap:
            ellipsoid(top - up * r * 0.05, Vector(r * 0.78, r * 0.5, r * 0.78), .accent)
            ellipsoid(
                top + Vector(0, r * 0.05, -r * 0.75), Vector(r * 0.62, r * 0.09, r * 0.5), .accent,
                .soft(0.03))
            ball(top + up * r * 0.45, r * 0.12, .second)
        }
    }
}
