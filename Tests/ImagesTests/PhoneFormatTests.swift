import Foundation
import Images
import Testing

/// HEIC, AVIF and WebP, where the build has their libraries.
@Suite struct PhoneFormatTests {
    @Test(arguments: Fixtures.phone)
    func agreesWithAnotherDecoder(_ fixture: Fixtures.Decoding) throws {
        let image = try PhotoDecoder.decode(Fixtures.bytes(fixture.file))
        #expect((image.width, image.height) == (fixture.width, fixture.height))
        let difference = try #require(largestDifference(image, Fixtures.bytes(fixture.expected)))
        #expect(difference <= fixture.tolerance)
    }

    @Test(arguments: Fixtures.phone)
    func headerForetellsThePicture(_ fixture: Fixtures.Decoding) throws {
        let header = try ImageHeader.read(contentsOf: Fixtures.path(fixture.file))
        #expect((header.orientedWidth, header.orientedHeight) == (fixture.width, fixture.height))
        #expect(header.orientation.rawValue == fixture.orientation)
        #expect(header.format.fileEndings.contains { fixture.file.hasSuffix("." + $0) })
    }

    @Test(arguments: Fixtures.phone)
    func wholeFilesAreCompleteAndCutOnesAreNot(_ fixture: Fixtures.Decoding) throws {
        let bytes = try Fixtures.bytes(fixture.file)
        let format = try ImageHeader.read(bytes).format
        #expect(try ImageCompleteness.check(bytes) == .complete(format))
        for cut in Array(stride(from: 24, to: bytes.count, by: 7)) + [bytes.count - 1] {
            let part = Array(bytes[..<cut])
            #expect(try ImageCompleteness.check(part) == .incomplete, "\(cut) of \(bytes.count)")
            #expect(throws: ImageError.truncated(format), "\(cut) of \(bytes.count)") {
                try PhotoDecoder.decode(part)
            }
            // A copy into a file that had its full size from the start.
            let blank = part + [UInt8](repeating: 0, count: bytes.count - cut + 10_000)
            #expect(try ImageCompleteness.check(blank) == .incomplete, "\(cut) of \(bytes.count)")
        }
    }

    /// What makers put behind the picture.
    @Test(
        arguments: Fixtures.phone,
        [
            Array("SEFT".utf8), Array("\0\0\0\u{10}mpvd????????".utf8),
            Array("MotionPhoto_Data, and a film".utf8),
        ])
    func trailersAreTolerated(_ fixture: Fixtures.Decoding, trailer: [UInt8]) throws {
        let bytes = try Fixtures.bytes(fixture.file)
        #expect(try ImageCompleteness.check(bytes + trailer).isComplete)
        #expect(try PhotoDecoder.decode(bytes + trailer) == PhotoDecoder.decode(bytes))
    }

    @Test(arguments: Fixtures.phone)
    func mutationsNeverCrash(_ fixture: Fixtures.Decoding) throws {
        let original = try Fixtures.bytes(fixture.file)
        let limits = ImageLimits(maximumPixels: 1 << 20, minimumSide: 1)
        var random = SplitMix64(state: UInt64(original.count))
        for _ in 0..<60 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 12..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(bytes[place], at: place)
                case 2: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                default: bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
            }
            let header = try? ImageHeader.read(bytes, limits: limits)
            guard let image = try? PhotoDecoder.decode(bytes, limits: limits) else { continue }
            #expect(image.width == header?.orientedWidth)
            #expect(image.height == header?.orientedHeight)
        }
    }

    /// What is cropped away costs memory as well.
    @Test(.enabled(if: ImageFormat.heic.lack == nil))
    func limitsAreThoseOfTheWholePicture() throws {
        var bytes = try Fixtures.bytes("cropped-right.heic")
        let limits = ImageLimits(maximumPixels: 64 * 48 - 1)
        #expect(throws: ImageError.tooManyPixels(width: 64, height: 64, maximum: 64 * 48 - 1)) {
            try PhotoDecoder.decode(bytes, limits: limits)
        }
        let size = try #require(bytes.firstRange(of: Array("ispe".utf8)))
        bytes.replaceSubrange(size.upperBound + 4..<size.upperBound + 12, with: [0, 1, 0, 0, 0, 1, 0, 0])
        #expect(throws: ImageError.tooManyPixels(width: 65_536, height: 65_536, maximum: 100_000_000)) {
            try PhotoDecoder.decode(bytes)
        }
    }

    @Test(.enabled(if: ImageFormat.webP.lack == nil))
    func anAnimationIsRefused() throws {
        let animation = try Fixtures.bytes("animation.webp")
        #expect(throws: ImageError.unsupportedKind(.webP, detail: "an animation")) {
            try PhotoDecoder.decode(animation)
        }
        #expect(
            try ImageCompleteness.check(animation)
                == .unusable(.unsupportedKind(.webP, detail: "an animation")))
    }

    @Test(arguments: ImageFormat.allCases.filter { $0.lack != nil })
    func whatThisBuildLacksIsSaid(_ format: ImageFormat) throws {
        let ending = try #require(format.fileEndings.first)
        let file = format == .webP ? "lossy.webp" : "odd.\(ending)"
        let lack = try #require(format.lack)
        #expect(throws: ImageError.missingCodec(format, lack)) {
            try PhotoDecoder.decode(Fixtures.bytes(file))
        }
    }

    @Test(arguments: [
        (
            ImageError.missingCodec(.heic, .library("libheif", package: "libheif-dev")),
            "HEIC pictures are not read by this build: it was made without libheif; "
                + "install libheif-dev and build again, or save it as JPEG"
        ),
        (
            .missingCodec(.avif, .decoder(library: "libheif", package: "libheif-plugin-dav1d")),
            "AVIF pictures cannot be read here: libheif has no decoder for them; "
                + "install libheif-plugin-dav1d, or save it as JPEG"
        ),
    ])
    func messagesSayWhatToInstall(error: ImageError, message: String) {
        #expect(error.description == message)
    }
}
