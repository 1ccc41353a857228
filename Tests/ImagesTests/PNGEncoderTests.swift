import Images
import Testing

@Suite struct PNGEncoderTests {
    @Test(arguments: ["resize.png", "rgb-8.png", "grey-1.png", "baseline-420.jpg"])
    func pixelsComeBack(_ name: String) throws {
        let image = try PhotoDecoder.decode(Fixtures.bytes(name))
        let bytes = try PNGEncoder.encode(image)
        #expect(try PhotoDecoder.decode(bytes) == image)
        #expect(try PNGEncoder.encode(image) == bytes)
        #expect(PNGTextReader.read(bytes).isEmpty)
    }

    @Test func anyPixelsOfAnySizeComeBack() throws {
        for (width, height) in [(1, 1), (1, 300), (257, 3), (640, 200)] {
            let count = width * height * 3
            let noise = (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
            let image = RGBImage(width: width, height: height, pixels: noise)
            let bytes = try PNGEncoder.encode(image)
            #expect(try PhotoDecoder.decode(bytes, limits: ImageLimits(minimumSide: 1)) == image)
        }
    }

    @Test func latin1GoesToTextAndTheRestToInternationalText() throws {
        let image = try PhotoDecoder.decode(Fixtures.bytes("rgb-8.png"))
        let texts = [
            PNGText(keyword: "parameters", text: "a toy\nSteps: 20, Sampler: ddim, Size: 64x64"),
            PNGText(keyword: "Titel", text: "Größe 5 µm ÿ"),
            PNGText(keyword: "parameters", text: "ein Hündchen 🐶"),
            PNGText(keyword: "empty", text: ""),
        ]
        let bytes = try PNGEncoder.encode(image, text: texts)
        #expect(PNGTextReader.read(bytes) == texts)
        #expect(
            PNGBytes.types(bytes).filter { $0 != "IDAT" } == [
                "IHDR", "tEXt", "tEXt", "iTXt", "tEXt", "IEND",
            ])
        #expect(PNGBytes.withMendedChecksums(bytes) == bytes)
        #expect(try PhotoDecoder.decode(bytes) == image)
    }

    @Test(arguments: [
        ("", "x"), (String(repeating: "k", count: 80), "x"), (" a", "x"), ("a ", "x"), ("a  b", "x"),
        ("子", "x"), ("a\nb", "x"), ("a", "x\0y"), ("a", "🐶\0"),
    ])
    func whatAPNGCannotHoldIsRefused(keyword: String, text: String) throws {
        let image = RGBImage(width: 1, height: 1, pixels: [0, 0, 0])
        let error = #expect(throws: ImageError.self) {
            try PNGEncoder.encode(image, text: [PNGText(keyword: keyword, text: text)])
        }
        guard case .invalidText(keyword, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
