import CToybox

typealias Vector = SIMD3<Float>

extension SIMD3<Float> {
    var length: Float { (self * self).sum().squareRoot() }
    var unit: Self { self / length }

    func dot(_ other: Self) -> Float { (self * other).sum() }

    func cross(_ other: Self) -> Self {
        Self(
            y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
    }

    var magnitudes: Self { Self(abs(x), abs(y), abs(z)) }

    var c: toybox_vector { toybox_vector(x: x, y: y, z: z) }
}

/// Angles in turns, by a polynomial: the mathematical library's last bits differ between machines.
enum Turn {
    static func sine(_ turns: Float) -> Float {
        var x = Double(turns)
        x -= x.rounded(.toNearestOrEven)
        if x > 0.25 { x = 0.5 - x } else if x < -0.25 { x = -0.5 - x }
        let a = x * 6.283185307179586
        let square = a * a
        var sum = 1 - square / 156
        sum = 1 - square / 110 * sum
        sum = 1 - square / 72 * sum
        sum = 1 - square / 42 * sum
        sum = 1 - square / 20 * sum
        sum = 1 - square / 6 * sum
        return Float(a * sum)
    }

    static func cosine(_ turns: Float) -> Float { sine(turns + 0.25) }
}

/// Axes that are orthonormal: the rows of what carries a vector into the frame.
struct Frame {
    var x = Vector(1, 0, 0)
    var y = Vector(0, 1, 0)
    var z = Vector(0, 0, 1)

    static let upright = Frame()

    init(x: Vector = Vector(1, 0, 0), y: Vector = Vector(0, 1, 0), z: Vector = Vector(0, 0, 1)) {
        (self.x, self.y, self.z) = (x, y, z)
    }

    /// Its y axis points that way, and its z axis as near to `front` as it can.
    init(up: Vector, front: Vector = Vector(0, 0, 1)) {
        let y = up.unit
        var side = y.cross(front)
        if side.length < 1e-3 { side = y.cross(Vector(1, 0, 0)) }
        x = side.unit
        self.y = y
        z = x.cross(y)
    }

    /// Turned round the vertical, in turns; from above, against the clock.
    static func yaw(_ turns: Float) -> Frame {
        let (sine, cosine) = (Turn.sine(turns), Turn.cosine(turns))
        return Frame(x: Vector(cosine, 0, -sine), y: Vector(0, 1, 0), z: Vector(sine, 0, cosine))
    }

    /// Turned round the x axis: the front side goes down where `turns` is positive.
    static func pitch(_ turns: Float) -> Frame {
        let (sine, cosine) = (Turn.sine(turns), Turn.cosine(turns))
        return Frame(x: Vector(1, 0, 0), y: Vector(0, cosine, -sine), z: Vector(0, sine, cosine))
    }

    /// Turned round the z axis.
    static func roll(_ turns: Float) -> Frame {
        let (sine, cosine) = (Turn.sine(turns), Turn.cosine(turns))
        return Frame(x: Vector(cosine, sine, 0), y: Vector(-sine, cosine, 0), z: Vector(0, 0, 1))
    }

    /// From the frame back to where it stands.
    func outward(_ v: Vector) -> Vector { x * v.x + y * v.y + z * v.z }

    var c: toybox_frame { toybox_frame(x: x.c, y: y.c, z: z.c) }
}
