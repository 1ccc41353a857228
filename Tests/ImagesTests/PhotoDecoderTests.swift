import Images
import Testing

@Suite struct PhotoDecoderTests {
    @Test(arguments: Fixtures.manifest.decoding)
    func agreesWithAnotherDecoder(_ fixture: Fixtures.Decoding) throws {
        let image = try PhotoDecoder.decode(Fixtures.bytes(fixture.file), forSize: fixture.forSize)
        #expect(image.width == fixture.width)
        #expect(image.height == fixture.height)
        let difference = try #require(largestDifference(image, Fixtures.bytes(fixture.expected)))
        #expect(difference <= fixture.tolerance)
    }

    @Test(arguments: Fixtures.manifest.decoding.filter { $0.forWidth == nil })
    func headerForetellsThePicture(_ fixture: Fixtures.Decoding) throws {
        let header = try ImageHeader.read(Fixtures.bytes(fixture.file))
        #expect(header.orientedWidth == fixture.width)
        #expect(header.orientedHeight == fixture.height)
        #expect(header.orientation.rawValue == fixture.orientation ?? 1)
        #expect(header.format == (fixture.file.hasSuffix(".jpg") ? .jpeg : .png))
        #expect(try ImageHeader.read(contentsOf: Fixtures.path(fixture.file)) == header)
    }

    @Test(arguments: ["baseline-420.jpg", "rgba-8.png"])
    func fileAndMemoryGiveTheSame(_ name: String) throws {
        let image = try PhotoDecoder.decode(contentsOf: Fixtures.path(name))
        #expect(try image == PhotoDecoder.decode(Fixtures.bytes(name)))
    }

    /// The scaled sizes of large.jpg, 163 x 121, for targets on both sides of each threshold.
    @Test(arguments: [
        (40, 30, 82), (41, 30, 163), (40, 31, 163), (20, 15, 41), (21, 15, 82), (10, 7, 21), (1, 1, 21),
    ])
    func scaledDecodeStaysTwiceAsLarge(width: Int, height: Int, decodedWidth: Int) throws {
        let image = try PhotoDecoder.decode(Fixtures.bytes("large.jpg"), forSize: (width, height))
        #expect(image.width == decodedWidth)
        #expect(image.width >= 2 * width && image.height >= 2 * height || decodedWidth == 163)
    }

    @Test func scaledDecodeCountsSidesAsSeen() throws {
        // Turned by orientation 6 the picture is 121 wide and 163 high.
        let bytes = JPEGBytes.withExif(try Fixtures.bytes("large.jpg"), tiff: JPEGBytes.tiff(orientation: 6))
        let image = try PhotoDecoder.decode(bytes, forSize: (30, 40))
        #expect((image.width, image.height) == (61, 82))
        #expect(try PhotoDecoder.decode(bytes, forSize: (40, 30)).width == 121)
    }

    @Test func limitsAreCheckedBeforeDecoding() throws {
        let bytes = try Fixtures.bytes("baseline-420.jpg")
        func error(_ limits: ImageLimits) -> ImageError? {
            #expect(throws: ImageError.self) { try PhotoDecoder.decode(bytes, limits: limits) }
        }
        #expect(
            error(ImageLimits(maximumPixels: 37 * 29 - 1))
                == .tooManyPixels(width: 37, height: 29, maximum: 1072))
        #expect(
            error(ImageLimits(minimumSide: 30)) == .tooSmall(width: 37, height: 29, minimumSide: 30))
        #expect(
            error(ImageLimits(maximumBytes: bytes.count - 1))
                == .tooManyBytes(bytes.count, maximum: bytes.count - 1))
        let exact = ImageLimits(maximumPixels: 37 * 29, maximumBytes: bytes.count, minimumSide: 29)
        #expect(throws: Never.self) { try PhotoDecoder.decode(bytes, limits: exact) }
    }

    /// A head alone that claims a gigantic picture must be refused for its size, not for missing data.
    @Test func giganticHeadersAreRefused() throws {
        var png = try Fixtures.bytes("rgb-8.png")
        png.replaceSubrange(16..<24, with: [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF])
        #expect(
            throws: ImageError.tooManyPixels(
                width: 0x7FFF_FFFF, height: 0x7FFF_FFFF, maximum: 100_000_000)
        ) { try PhotoDecoder.decode(png) }

        var jpeg = try Fixtures.bytes("baseline-420.jpg")
        let frame = try #require(JPEGBytes.offset(of: 0xC0, in: jpeg))
        jpeg.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(
            throws: ImageError.tooManyPixels(width: 65_535, height: 65_535, maximum: 100_000_000)
        ) { try PhotoDecoder.decode(jpeg) }
    }

    @Test func missingAndOddFilesAreTypedErrors() throws {
        let missing = #expect(throws: ImageError.self) {
            try PhotoDecoder.decode(contentsOf: "/nonexistent/photo.jpg")
        }
        #expect(missing?.description.contains("No such file") == true)
        let folder = #expect(throws: ImageError.self) { try PhotoDecoder.decode(contentsOf: "/") }
        #expect(folder?.description.contains("not a regular file") == true)
    }

    @Test(arguments: [
        (UInt8(0xC3), 8, "lossless"), (0xC5, 8, "hierarchical"), (0xC1, 12, "12 bits"),
    ])
    func unsupportedKindsAreNamed(marker: UInt8, precision: UInt8, words: String) throws {
        var bytes = try Fixtures.bytes("baseline-444.jpg")
        let frame = try #require(JPEGBytes.offset(of: 0xC0, in: bytes))
        bytes[frame + 1] = marker
        bytes[frame + 4] = precision
        let error = #expect(throws: ImageError.self) { try PhotoDecoder.decode(bytes) }
        guard case .unsupportedKind(.jpeg, let detail) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(detail.contains(words))
    }
}
