extension RGBImage {
    /// With everything but the subject made black.
    /// - Parameter mask: how much of each pixel is the subject's, 0 to 255, `[height, width]`.
    public func masked(by mask: [UInt8]) -> RGBImage {
        precondition(mask.count == width * height, "a mask of \(mask.count) for \(width) x \(height) pixels")
        var pixels = pixels
        for index in pixels.indices {
            pixels[index] = UInt8((Int(pixels[index]) * Int(mask[index / 3]) + 127) / 255)
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }
}
