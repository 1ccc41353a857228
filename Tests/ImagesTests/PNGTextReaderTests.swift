import Images
import Testing

@Suite struct PNGTextReaderTests {
    @Test func readsEveryKindOfText() throws {
        let expected = Fixtures.manifest.texts.map { PNGText(keyword: $0.keyword, text: $0.text) }
        #expect(expected.count == 5)
        #expect(PNGTextReader.read(try Fixtures.bytes("texts.png")) == expected)
        #expect(try PNGTextReader.read(contentsOf: Fixtures.path("texts.png")) == expected)
    }

    @Test func damagedTextsAreLeftOut() throws {
        let good = PNGBytes.chunk("tEXt", Array("a\0b".utf8))
        var wrongSum = PNGBytes.chunk("tEXt", Array("c\0d".utf8))
        wrongSum[wrongSum.count - 1] ^= 1
        let damaged =
            wrongSum
            + PNGBytes.chunk("tEXt", Array("no end".utf8))
            + PNGBytes.chunk("tEXt", [])
            + PNGBytes.chunk("zTXt", Array("z\0".utf8))
            + PNGBytes.chunk("zTXt", Array("z\0\0not deflated".utf8))
            + PNGBytes.chunk("iTXt", Array("i\0".utf8))
            + PNGBytes.chunk("iTXt", Array("i\0\0\0de".utf8))
            + PNGBytes.chunk("iTXt", Array("i\0\u{1}\0de\0k\0not deflated".utf8))
            + PNGBytes.chunk("iTXt", Array("i\0\u{2}\0de\0k\0text".utf8))
            + PNGBytes.chunk("iTXt", Array("i\0\0\0\0\0".utf8) + [0xC3])
        let bytes = PNGBytes.with(damaged + good, in: try Fixtures.bytes("rgb-8.png"))
        #expect(PNGTextReader.read(bytes) == [PNGText(keyword: "a", text: "b")])
    }

    @Test func lengthAndNumberAreBounded() throws {
        let image = RGBImage(width: 1, height: 1, pixels: [0, 0, 0])
        let long = PNGText(keyword: "long", text: String(repeating: "x", count: 1 << 20))
        let short = PNGText(keyword: "short", text: "x")
        #expect(PNGTextReader.read(try PNGEncoder.encode(image, text: [long, short])) == [short])
        let many = [PNGText](repeating: short, count: 300)
        #expect(PNGTextReader.read(try PNGEncoder.encode(image, text: many)).count == 256)
    }

    @Test func otherFilesHaveNone() throws {
        #expect(PNGTextReader.read(try Fixtures.bytes("grey.jpg")).isEmpty)
        #expect(PNGTextReader.read([]).isEmpty)
        #expect(throws: ImageError.self) { try PNGTextReader.read(contentsOf: "/nonexistent.png") }
    }
}
