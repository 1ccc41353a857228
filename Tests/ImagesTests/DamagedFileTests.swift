import Images
import Testing

/// No bytes may crash a reader or pass as a picture that is not whole.
@Suite struct DamagedFileTests {
    @Test(arguments: Fixtures.files)
    func everyCutIsTruncated(_ name: String) throws {
        let bytes = try Fixtures.bytes(name)
        let cuts = Array(stride(from: 1, to: bytes.count, by: 5)) + Array(bytes.count - 16..<bytes.count)
        for cut in cuts {
            let error = #expect(throws: ImageError.self, "\(cut) of \(bytes.count)") {
                try PhotoDecoder.decode(Array(bytes[..<cut]))
            }
            #expect(error == .truncated(name.hasSuffix(".jpg") ? .jpeg : .png), "\(cut) of \(bytes.count)")
        }
    }

    /// What libjpeg by itself would fill with grey.
    @Test(arguments: ["baseline-420.jpg", "progressive-420.jpg", "restarts.jpg", "cmyk.jpg"])
    func lostPixelDataAreAnError(_ name: String) throws {
        let bytes = try Fixtures.bytes(name)
        let scan = try #require(JPEGBytes.offset(of: 0xDA, in: bytes))
        let cut: [UInt8] = bytes[..<(scan + 30)] + [0xFF, 0xD9]
        let error = #expect(throws: ImageError.self) { try PhotoDecoder.decode(cut) }
        guard case .corrupt(.jpeg, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func harmlessOdditiesAreTolerated() throws {
        let bytes = try Fixtures.bytes("baseline-420.jpg")
        let image = try PhotoDecoder.decode(bytes)
        let end = bytes.count - 2
        #expect(try PhotoDecoder.decode(bytes + [UInt8](repeating: 7, count: 999)) == image)
        #expect(try PhotoDecoder.decode(bytes[..<end] + [0, 1, 2, 3] + bytes[end...]) == image)
        #expect(try PhotoDecoder.decode(bytes[..<2] + [0xFF, 0xFF, 0xFF] + bytes[2...]) == image)
        let tables = try #require(JPEGBytes.offset(of: 0xDB, in: bytes))
        #expect(try PhotoDecoder.decode(bytes[..<tables] + [0, 1] + bytes[tables...]) == image)
        let png = try Fixtures.bytes("rgb-8.png")
        #expect(try PhotoDecoder.decode(png + [1, 2, 3]) == PhotoDecoder.decode(png))
    }

    @Test func pngPixelsAreCheckedByTheirSum() throws {
        var bytes = try Fixtures.bytes("rgb-8.png")
        bytes[bytes.count - 20] ^= 1
        let error = #expect(throws: ImageError.self) { try PhotoDecoder.decode(bytes) }
        guard case .corrupt(.png, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func endlessProgressionIsRefused() throws {
        let bytes = try Fixtures.bytes("grey-progressive.jpg")
        let first = try #require(JPEGBytes.offset(of: 0xDA, in: bytes))
        // The next segment's marker ends the first scan, which can be sent again and again.
        let end = try #require((first + 10..<bytes.count).first { bytes[$0] == 0xFF && bytes[$0 + 1] > 0 })
        func decode(scans: Int) throws -> RGBImage {
            let more = (1..<scans).flatMap { _ in bytes[first..<end] }
            return try PhotoDecoder.decode(bytes[..<end] + more + bytes[end...])
        }
        #expect(throws: Never.self) { try decode(scans: 40) }
        let error = #expect(throws: ImageError.self) { try decode(scans: 100) }
        guard case .tooDemanding(.jpeg, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// Flipped, lost and doubled bytes; PNG checksums are mended in half of the cases, so that the damage
    /// reaches what stands behind them. A crash ends the run; anything else is a picture or an error.
    @Test(arguments: Fixtures.files)
    func mutationsNeverCrash(_ name: String) throws {
        let original = try Fixtures.bytes(name)
        let limits = ImageLimits(maximumPixels: 1 << 20, minimumSide: 1)
        var random = SplitMix64(state: UInt64(original.count) &* 0x9E37)
        var pictures = 0
        for round in 0..<80 {
            var bytes = mutated(original, &random)
            if round.isMultiple(of: 2) { bytes = PNGBytes.withMendedChecksums(bytes) }
            _ = PNGTextReader.read(bytes)
            let header = try? ImageHeader.read(bytes, limits: limits)
            guard let image = try? PhotoDecoder.decode(bytes, limits: limits) else { continue }
            pictures += 1
            #expect(image.width == header?.orientedWidth)
            #expect(image.height == header?.orientedHeight)
        }
        #expect(pictures < 80)
    }

    private func mutated(_ original: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 3..<bytes.count - 8, using: &random)
            let length = Int.random(in: 1...8, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.removeSubrange(place..<place + length)
            case 1: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
            case 2: bytes[place] = 0xFF
            case 3: bytes[place] = 0
            case 4: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default: bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
        }
        return bytes
    }
}

/// A seeded generator, so that a failing mutation comes back.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
