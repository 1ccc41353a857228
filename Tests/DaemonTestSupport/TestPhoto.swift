import Images

/// Photos for tests.
public enum TestPhoto {
    /// A PNG of one colour; another number is another photo.
    public static func png(_ number: UInt8, side: Int = 24) throws -> [UInt8] {
        let pixels = (0..<side * side).flatMap { _ in [number, 255 - number, number / 2] }
        return try PNGEncoder.encode(RGBImage(width: side, height: side, pixels: pixels))
    }
}
