import Images
import Testing

@Suite struct ResizingTests {
    @Test(arguments: Fixtures.manifest.resizing)
    func agreesWithPillow(_ fixture: Fixtures.Resizing) throws {
        let source = try PhotoDecoder.decode(Fixtures.bytes(fixture.file))
        let image =
            fixture.operation == "fill"
            ? source.croppedToFill(width: fixture.width, height: fixture.height)
            : source.resized(width: fixture.width, height: fixture.height)
        #expect((image.width, image.height) == (fixture.width, fixture.height))
        let difference = try #require(largestDifference(image, Fixtures.bytes(fixture.expected)))
        #expect(difference <= fixture.tolerance)
    }

    @Test func theSameSizeIsTheSamePicture() throws {
        let image = try PhotoDecoder.decode(Fixtures.bytes("resize.png"))
        #expect(image.resized(width: image.width, height: image.height) == image)
        #expect(image.croppedToFill(width: image.width, height: image.height) == image)
    }

    /// Only cropped: 49 of 67 columns, nine off each side, and no pixel changes.
    @Test func croppingAloneCopiesPixels() throws {
        let image = try PhotoDecoder.decode(Fixtures.bytes("resize.png"))
        let square = image.croppedToFill(width: 49, height: 49)
        var expected: [UInt8] = []
        for row in 0..<49 {
            let start = 3 * (67 * row + 9)
            expected += image.pixels[start..<start + 3 * 49]
        }
        #expect(square.pixels == expected)
    }

    @Test(arguments: [(1, 1), (5, 3), (40, 30), (41, 30), (300, 7), (1, 200)])
    func aFlatPictureStaysFlat(width: Int, height: Int) {
        for level: UInt8 in [0, 1, 127, 254, 255] {
            let flat = RGBImage(
                width: 40, height: 30, pixels: [UInt8](repeating: level, count: 40 * 30 * 3))
            #expect(flat.resized(width: width, height: height).pixels.allSatisfy { $0 == level })
            #expect(flat.croppedToFill(width: width, height: height).pixels.allSatisfy { $0 == level })
        }
    }

    @Test func fromOnePixel() {
        let image = RGBImage(width: 1, height: 1, pixels: [9, 80, 200])
        let enlarged = image.resized(width: 3, height: 2)
        #expect(enlarged.pixels == Array(repeating: [9, 80, 200], count: 6).flatMap(\.self))
    }
}
