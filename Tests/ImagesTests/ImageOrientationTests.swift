import Images
import Testing

@Suite struct ImageOrientationTests {
    /// 2 x 3 pixels numbered 0 to 5 in reading order, and the same as each orientation shows them.
    @Test(arguments: [
        (ImageOrientation.up, 2, [0, 1, 2, 3, 4, 5]),
        (.upMirrored, 2, [1, 0, 3, 2, 5, 4]),
        (.down, 2, [5, 4, 3, 2, 1, 0]),
        (.downMirrored, 2, [4, 5, 2, 3, 0, 1]),
        (.leftMirrored, 3, [0, 2, 4, 1, 3, 5]),
        (.right, 3, [4, 2, 0, 5, 3, 1]),
        (.rightMirrored, 3, [5, 3, 1, 4, 2, 0]),
        (.left, 3, [1, 3, 5, 0, 2, 4]),
    ])
    func turnsPixels(orientation: ImageOrientation, width: Int, order: [UInt8]) {
        let image = RGBImage(width: 2, height: 3, pixels: (0..<6).flatMap { [$0, $0 + 10, $0 + 20] })
        let turned = image.oriented(orientation)
        #expect(turned.width == width)
        #expect(turned.pixels == order.flatMap { [$0, $0 + 10, $0 + 20] })
    }

    /// Larger than the tiles it is done in: turning there and back changes nothing.
    @Test(arguments: [
        (ImageOrientation.upMirrored, ImageOrientation.upMirrored), (.down, .down),
        (.downMirrored, .downMirrored), (.leftMirrored, .leftMirrored), (.right, .left),
        (.rightMirrored, .rightMirrored), (.left, .right),
    ])
    func turningBackIsIdentity(there: ImageOrientation, back: ImageOrientation) {
        let pixels = (0..<130 * 71 * 3).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let image = RGBImage(width: 130, height: 71, pixels: pixels)
        #expect(image.oriented(there) != image)
        #expect(image.oriented(there).oriented(back) == image)
    }

    /// Damaged Exif data never cost the photo.
    @Test(arguments: [
        [], [0x4D], Array("MM".utf8), Array("XX".utf8) + [UInt8](repeating: 0, count: 30),
        JPEGBytes.tiff(orientation: 0), JPEGBytes.tiff(orientation: 9), JPEGBytes.tiff(orientation: 255),
        JPEGBytes.tiff(orientation: 6, type: 2), JPEGBytes.tiff(orientation: 6, directory: 250),
        Array(JPEGBytes.tiff(orientation: 6).prefix(17)),
        Array("MM".utf8) + [0, 42, 0xFF, 0xFF, 0xFF, 0xFF],
        Array("MM".utf8) + [0, 42, 0, 0, 0, 8, 0xFF, 0xFF, 1, 1],
    ])
    func damagedExifCountsAsUpright(_ tiff: [UInt8]) throws {
        let bytes = try Fixtures.bytes("baseline-444.jpg")
        let header = try ImageHeader.read(JPEGBytes.withExif(bytes, tiff: tiff))
        #expect(header.orientation == .up)
        let png = PNGBytes.with(PNGBytes.chunk("eXIf", tiff), in: try Fixtures.bytes("rgb-8.png"))
        #expect(try ImageHeader.read(png).orientation == .up)
    }

    @Test func exifStandsBehindOtherSegments() throws {
        let bytes = try Fixtures.bytes("baseline-444.jpg")
        let exif = JPEGBytes.withExif(bytes, tiff: JPEGBytes.tiff(orientation: 7))
        let xmp = Array("http://ns.adobe.com/xap/1.0/\0<x/>".utf8)
        let header = try ImageHeader.read(JPEGBytes.with(xmp, marker: 0xE1, in: exif))
        #expect(header.orientation == .rightMirrored)
    }
}
