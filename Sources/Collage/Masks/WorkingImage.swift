import Foundation
import Images

/// A picture as masks and colours are worked out: no side above 128 pixels, in CIE Lab (D65).
struct WorkingImage {
    static let maximumSide = 128
    let width, height: Int
    /// Lightness 0 to 100, green to red, blue to yellow; row after row.
    let lab: [SIMD3<Float>]

    init(_ image: RGBImage) {
        let side = max(image.width, image.height)
        let small =
            side <= Self.maximumSide
            ? image
            : image.resized(
                width: max(1, image.width * Self.maximumSide / side),
                height: max(1, image.height * Self.maximumSide / side))
        (width, height) = (small.width, small.height)
        lab = (0..<small.width * small.height).map { pixel in
            Self.lab(small.pixels[3 * pixel], small.pixels[3 * pixel + 1], small.pixels[3 * pixel + 2])
        }
    }

    /// A mask of the picture, 0 to 1, at this size; ones for nil.
    func mask(_ mask: [UInt8]?, of image: RGBImage) -> [Float] {
        guard let mask else { return Array(repeating: 1, count: width * height) }
        let values = mask.map { Float($0) / 255 }
        return Plane(width: image.width, height: image.height, values: values)
            .resized(width: width, height: height).values
    }

    private static let linear: [Float] = (0..<256).map { byte in
        let value = Double(byte) / 255
        return Float(value > 0.04045 ? pow((value + 0.055) / 1.055, 2.4) : value / 12.92)
    }

    private static func lab(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> SIMD3<Float> {
        let (r, g, b) = (linear[Int(red)], linear[Int(green)], linear[Int(blue)])
        func curve(_ value: Float) -> Float { value > 0.008856 ? cbrt(value) : 7.787 * value + 16 / 116 }
        let x = curve((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505)
        let y = curve(0.2126 * r + 0.7152 * g + 0.0722 * b)
        let z = curve((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089)
        return SIMD3(116 * y - 16, 500 * (x - y), 200 * (y - z))
    }
}
