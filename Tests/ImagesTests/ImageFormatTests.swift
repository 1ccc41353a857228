import Images
import Testing

@Suite struct ImageFormatTests {
    /// First bytes as the named programs write them.
    static let heads: [([UInt8], ForeignFormat)] = [
        ([0, 0, 0, 0x24] + Array("ftypheic\0\0\0\0mif1MiHEmiafMiHBheic".utf8), .heic),
        ([0, 0, 0, 0x18] + Array("ftypmif1\0\0\0\0mif1heic".utf8), .heic),
        ([0, 0, 0, 0x1C] + Array("ftypavif\0\0\0\0avifmif1miaf".utf8), .avif),
        ([0, 0, 0, 0x1C] + Array("ftypmif1\0\0\0\0mif1avifmiaf".utf8), .avif),
        ([0, 0, 0, 0x14] + Array("ftypqt  \0\0\0\0qt  ".utf8), .video),
        ([0, 0, 0, 0x18] + Array("ftypmp42\0\0\0\0mp42isom".utf8), .video),
        ([0, 0, 0, 0x18] + Array("ftypcrx \0\0\0\u{1}crx isom".utf8), .tiff),
        (Array("RIFF\u{10}\0\0\0WEBPVP8 ".utf8), .webP),
        (Array("RIFF\u{10}\0\0\0AVI LIST".utf8), .video),
        (Array("GIF89a\u{1}\0\u{1}\0".utf8), .gif),
        ([0x49, 0x49, 0x2A, 0, 8, 0, 0, 0], .tiff),
        ([0x4D, 0x4D, 0, 0x2A, 0, 0, 0, 8], .tiff),
        (Array("BM".utf8) + [0x36, 0x10, 0, 0, 0, 0, 0, 0, 0x36, 0, 0, 0], .bmp),
        ([0xFF, 0x0A, 0xFA, 0x7F], .jpegXL),
        ([0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20, 0x0D, 0x0A, 0x87, 0x0A], .jpegXL),
        ([0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A], .jpeg2000),
        (Array("8BPS\0\u{1}".utf8), .photoshop),
        (Array("%PDF-1.7\n".utf8), .pdf),
        (Array("<?xml version=\"1.0\"?><svg width=\"1\">".utf8), .svg),
        ([0x1A, 0x45, 0xDF, 0xA3, 0x9F, 0x42, 0x86, 0x81], .video),
    ]

    @Test(arguments: heads)
    func foreignFormatsAreNamed(head: [UInt8], format: ForeignFormat) throws {
        #expect(ForeignFormat.sniff(head) == format)
        switch format {
        case .heic: #expect(ImageFormat.sniff(head) == .heic)
        case .avif: #expect(ImageFormat.sniff(head) == .avif)
        case .webP: #expect(ImageFormat.sniff(head) == .webP)
        default:
            #expect(ImageFormat.sniff(head) == nil)
            let file = head + [UInt8](repeating: 1, count: 500)
            #expect(throws: ImageError.unsupportedFormat(format)) { try PhotoDecoder.decode(file) }
        }
        // A head that is cut anywhere must not be read past its end.
        for length in 0..<head.count { _ = ForeignFormat.sniff(head[..<length]) }
    }

    @Test(arguments: Fixtures.files)
    func ownFormatsAreKnown(_ name: String) throws {
        let bytes = try Fixtures.bytes(name)
        #expect(ImageFormat.sniff(bytes) == (name.hasSuffix(".jpg") ? .jpeg : .png))
        #expect(ForeignFormat.sniff(bytes) == nil)
    }

    @Test(arguments: ["a red toy on a shelf\n", "BMW in the snow, oil on canvas", "GIF", "RIFF", "ftyp"])
    func textIsNoImage(_ text: String) {
        #expect(throws: ImageError.notAnImage) { try PhotoDecoder.decode(Array(text.utf8)) }
    }

    @Test func emptyFileIsSaidToBeEmpty() {
        #expect(throws: ImageError.empty) { try PhotoDecoder.decode([]) }
    }

    @Test(arguments: [
        (
            ImageError.unsupportedFormat(.gif),
            "GIF pictures are not read; save it as JPEG"
        ),
        (
            .tooManyPixels(width: 20_000, height: 10_000, maximum: 100_000_000),
            "the picture has 20000 x 10000 pixels and the limit is 100 million; make it smaller"
        ),
        (
            .tooManyBytes(200_000_001, maximum: 200_000_000),
            "the file has 200.1 MB and the limit is 200 MB; save it smaller"
        ),
        (
            .truncated(.jpeg),
            "the JPEG ends before its picture does; the copy was cut short, copy it again"
        ),
    ])
    func messagesSayWhatToDo(error: ImageError, message: String) {
        #expect(error.description == message)
    }
}
