import Images
import Testing

@Suite struct ImageCompletenessTests {
    private func check(_ bytes: [UInt8]) throws -> ImageCompleteness {
        try Fixtures.withFile(bytes) { try ImageCompleteness.check(path: $0) }
    }

    @Test(arguments: Fixtures.files)
    func wholeFilesAreCompleteAndCutOnesAreNot(_ name: String) throws {
        let bytes = try Fixtures.bytes(name)
        let format: ImageFormat = name.hasSuffix(".jpg") ? .jpeg : .png
        #expect(try check(bytes) == .complete(format))
        for cut in [0, 1, 3, 9, 30, bytes.count / 2, bytes.count - 13, bytes.count - 1] {
            #expect(try check(Array(bytes[..<cut])) == .incomplete, "\(cut) of \(bytes.count)")
        }
    }

    /// Zeros, a maker's trailer, a second picture, a film of 1 MB.
    @Test(arguments: [
        [UInt8](repeating: 0, count: 4096),
        Array("MotionPhoto_Data".utf8) + [UInt8](repeating: 0xFF, count: 70_000) + Array("SEFT".utf8),
        [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0],
        [UInt8](repeating: 0x55, count: 1_000_000),
    ])
    func trailersAreTolerated(_ trailer: [UInt8]) throws {
        #expect(try check(Fixtures.bytes("baseline-420.jpg") + trailer) == .complete(.jpeg))
        #expect(try check(Fixtures.bytes("rgb-8.png") + trailer.prefix(60_000)) == .complete(.png))
    }

    /// The end mark of the thumbnail in the Exif data is not the picture's.
    @Test func aThumbnailsEndIsNotThePictures() throws {
        let thumbnail = try Fixtures.bytes("orientation-1-le.jpg")
        let bytes = JPEGBytes.withExif(try Fixtures.bytes("baseline-420.jpg"), tiff: thumbnail)
        #expect(try check(bytes) == .complete(.jpeg))
        for cut in [thumbnail.count + 12, thumbnail.count + 40, bytes.count - 100, bytes.count - 2] {
            #expect(try check(Array(bytes[..<cut])) == .incomplete, "\(cut) of \(bytes.count)")
        }
    }

    /// The end mark may lie across two of the windows that are read.
    @Test(arguments: [65_533, 65_534, 65_535, 65_536, 65_537])
    func endMarksAreFoundAnywhere(_ length: Int) throws {
        let bytes = try Fixtures.bytes("baseline-420.jpg")
        let scan = try #require(JPEGBytes.offset(of: 0xDA, in: bytes))
        let data = [UInt8](repeating: 0x11, count: length)
        let long = bytes[..<(scan + 14)] + data + [0xFF, 0xD9]
        #expect(try check(long + [UInt8](repeating: 0x55, count: 200_000)) == .complete(.jpeg))
        #expect(try check(long.dropLast() + [UInt8](repeating: 0x55, count: 200_000)) == .incomplete)
    }

    @Test func reservedSpaceIsIncomplete() throws {
        #expect(try check([UInt8](repeating: 0, count: 100_000)) == .incomplete)
        let bytes = try Fixtures.bytes("baseline-420.jpg")
        let half = Array(bytes[..<(bytes.count - 200)]) + [UInt8](repeating: 0, count: 200)
        #expect(try check(half) == .incomplete)
    }

    @Test func otherFilesAreUnusable() throws {
        #expect(try check(Array("a red toy".utf8)) == .unusable(.notAnImage))
        #expect(
            try check(Array("GIF89a\u{1}\0\u{1}\0".utf8)) == .unusable(.unsupportedFormat(.gif)))
        #expect(throws: ImageError.self) { try ImageCompleteness.check(path: "/nonexistent.jpg") }
    }
}
