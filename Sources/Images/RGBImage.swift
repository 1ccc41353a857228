/// An opaque picture in memory: 8 bits a channel, sRGB values as the file stores them.
public struct RGBImage: Sendable, Equatable {
    /// The sides in pixels, both at least 1.
    public let width, height: Int

    /// Shape [height, width, 3]: red, green, blue of each pixel, row after row from the top left.
    public var pixels: [UInt8] {
        didSet { precondition(pixels.count == width * height * 3, "3 bytes a pixel") }
    }

    /// - Precondition: both sides are at least 1 and `pixels` holds `width * height * 3` bytes.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "a picture has at least one pixel")
        precondition(pixels.count == width * height * 3, "3 bytes a pixel")
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}
