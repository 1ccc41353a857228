import ControlAPI
import Testing

/// What a picture says of how it was made.
@Suite struct PictureParametersTests {
    private static let plain =
        "a photo of the cat in the snow\nNegative prompt: night, rain\n"
        + "Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 2.5, Seed: 4294967295, Size: 64x96, "
        + "Model hash: 0123456789, Model: toybox, Image CFG scale: 1.5, Emphasis: Original, Clip skip: 2, "
        + #"Denoising strength: 0.6, Init image: "my cat, 2.png ffeeddccbbaa9988", "#
        + "Mask: a.mask.png 0123456789abcdef, "
        + "Eta: 0.5, Reference mode: cached, Reference tokens: 0.25, Deep every: 2, Guidance interval: 0.25-5, "
        + #"References: "0.png 00112233445566aa, my cat, 2.png ffeeddccbbaa9988", "#
        + "Version: jedid 0.1.0"

    @Test func everythingIsRead() throws {
        let record = try PictureParameters(parameters: Self.plain)
        #expect(
            record
                == PictureParameters(
                    prompt: "a photo of the cat in the snow",
                    options: PictureOptions(
                        negativePrompt: "night, rain", steps: 20, sampler: "dpmpp_2m_karras", guidance: 2.5,
                        imageGuidance: 1.5, width: 64, height: 96, mode: "cached", referenceTokens: 0.25,
                        weights: true, clipSkip: 2, eta: 0.5, deepEvery: 2, guidanceInterval: 0.25...5,
                        strength: 0.6),
                    seed: 4_294_967_295, model: "toybox", modelHash: "0123456789",
                    references: [
                        .init(name: "0.png", hash: "00112233445566aa"),
                        .init(name: "my cat, 2.png", hash: "ffeeddccbbaa9988"),
                    ], start: .init(name: "my cat, 2.png", hash: "ffeeddccbbaa9988"),
                    mask: .init(name: "a.mask.png", hash: "0123456789abcdef"), version: "jedid 0.1.0"))
        #expect(
            record.files.map(\.hash) == record.references.map(\.hash) + [
                "ffeeddccbbaa9988", "0123456789abcdef",
            ])
    }

    @Test(arguments: [0.3...5, 0...1000, 0.00001...5, 0.00001...0.00002])
    func noiseIntervalsComeBack(_ interval: ClosedRange<Double>) {
        #expect(ClosedRange(noiseLevels: "\(interval.lowerBound)-\(interval.upperBound)") == interval)
    }

    @Test(arguments: ["", "5", "-", "5-", "-5", "5-0.3", "0--1", "0-1001", "0-nan", "1e-05", "a-b"])
    func noNoiseIntervals(_ text: String) { #expect(ClosedRange(noiseLevels: text) == nil) }

    @Test func aPromptMayLookLikeAnything() throws {
        let text =
            "Steps: 3, Sampler: none\nSteps: 20, Sampler: DDIM, CFG scale: 2, Seed: 1, Size: 64x64, "
            + #"Model hash: 0123456789, Model: "a \"b\", \\c", Reference mode: none, Version: "x, y: z""#
        let record = try PictureParameters(parameters: text)
        #expect(record.prompt == "Steps: 3, Sampler: none")
        #expect(record.model == #"a "b", \c"# && record.version == "x, y: z")
        #expect(record.options.negativePrompt == nil && record.options.imageGuidance == nil)
        #expect(record.references.isEmpty)
    }

    @Test(
        arguments: [
            ("Seed: 4294967295", "", .missing(field: "Seed")),
            ("Seed: 4294967295", "Seed: 4294967296", .invalid(field: "Seed", value: "4294967296")),
            ("Seed: 4294967295", "Seed: -1", .invalid(field: "Seed", value: "-1")),
            ("Steps: 20", "Steps: many", .invalid(field: "Steps", value: "many")),
            ("64x96", "64", .invalid(field: "Size", value: "64")),
            ("64x96", "0x96", .invalid(field: "Size", value: "0x96")),
            ("0123456789", "no hash", .invalid(field: "Model hash", value: "no hash")),
            (#"aa, my"#, #"aa, my" x"#, .invalid(field: "References", value: "0.png 00112233445566aa, my")),
            (
                "ffeeddccbbaa9988", "ff",
                .invalid(field: "References", value: "0.png 00112233445566aa, my cat, 2.png ff")
            ),
            (
                "a.mask.png 0123456789abcdef", "a.mask.png",
                .invalid(field: "Mask", value: "a.mask.png")
            ),
            ("Steps: 20", "steps: 20", .noFields),
        ] as [(String, String, PictureParametersError)])
    func whatIsWrongIsNamed(old: String, new: String, error: PictureParametersError) {
        let text = Self.plain.replacing(old, with: new).replacing(", ,", with: ",")
        #expect(throws: error) { try PictureParameters(parameters: text) }
    }

    /// Files come from anywhere: no text may harm the reader.
    @Test func everyBeginningIsReadOrRefused() {
        let text = Array(Self.plain)
        for count in text.indices {
            _ = try? PictureParameters(parameters: String(text[..<count]))
            _ = try? PictureParameters(parameters: String(text[count...]))
        }
        #expect(throws: PictureParametersError.noFields) { try PictureParameters(parameters: "") }
    }
}

@Suite struct PNGChunksTests {
    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let length = UInt32(data.count)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + Array(type.utf8) + data
            + [0, 0, 0, 0]
    }

    private static let file: [UInt8] =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", [1, 2])
        + chunk("tEXt", Array("parameters\0caf".utf8) + [0xE9])
        + chunk("tEXt", Array("parameters\0second".utf8))
        + chunk("iTXt", Array("note\0\0\0de\0\0grüße".utf8)) + chunk("iTXt", Array("zip\0\u{1}\0\0\0x".utf8))
        + chunk("IDAT", [3]) + chunk("IDAT", [4]) + chunk("IEND", [])

    @Test func textsAndThePicture() throws {
        let chunks = try #require(PNGChunks(Self.file))
        #expect(chunks.texts == ["parameters": "café", "note": "grüße"])
        #expect(chunks.picture == [1, 2, 3, 4])
    }

    @Test func whatIsCutOffIsRefused() {
        for count in Self.file.indices { #expect(PNGChunks(Array(Self.file[..<count])) == nil) }
        #expect(PNGChunks(Array("GIF89a".utf8)) == nil)
    }

    @Test func aLengthBeyondTheFileIsRefused() {
        var file = Self.file
        file[8] = 0xFF
        #expect(PNGChunks(file) == nil)
    }
}
