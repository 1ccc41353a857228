/// A format that is known by its first bytes and that this package does not decode, or not in every
/// build. It exists so that the refusal can name what the file is.
public enum ForeignFormat: String, Sendable {
    case heic = "HEIC"
    case avif = "AVIF"
    case webP = "WebP"
    case gif = "GIF"
    case tiff = "TIFF or camera raw"
    case bmp = "BMP"
    case jpegXL = "JPEG XL"
    case jpeg2000 = "JPEG 2000"
    case photoshop = "Photoshop"
    case video = "video"
    case pdf = "PDF"
    case svg = "SVG"

    /// The name as people write it.
    public var name: String { rawValue }

    /// The same format where some builds decode it.
    var imageFormat: ImageFormat? {
        switch self {
        case .heic: .heic
        case .avif: .avif
        case .webP: .webP
        default: nil
        }
    }

    /// How many bytes of a file's start `sniff` looks at.
    static let headLength = 64

    /// The format that the first bytes announce, or nil when they are none of these.
    public static func sniff(_ bytes: some Collection<UInt8>) -> ForeignFormat? {
        let head = Array(bytes.prefix(headLength))
        for (signature, format) in signatures where head.starts(with: signature) {
            return format
        }
        if head.count >= 12 {
            let tag = head[4..<8]
            let kind = head[8..<12]
            if tag.elementsEqual("ftyp".utf8) { return isoMedia(head) }
            if head.starts(with: "RIFF".utf8) {
                if kind.elementsEqual("WEBP".utf8) { return .webP }
                if kind.elementsEqual("AVI ".utf8) { return .video }
            }
            // "BM" alone begins many a text; the two reserved words after the size are zero.
            if head.starts(with: "BM".utf8), head[6..<10].allSatisfy({ $0 == 0 }) { return .bmp }
            if tag.elementsEqual("moov".utf8) || tag.elementsEqual("mdat".utf8) { return .video }
        }
        return svg(head) ? .svg : nil
    }

    private static let signatures: [([UInt8], ForeignFormat)] = [
        (Array("GIF87a".utf8), .gif),
        (Array("GIF89a".utf8), .gif),
        ([0x49, 0x49, 0x2A, 0x00], .tiff),
        ([0x4D, 0x4D, 0x00, 0x2A], .tiff),
        // Panasonic's, Olympus' and Fujifilm's raw files, which are TIFF with another magic number.
        ([0x49, 0x49, 0x55, 0x00], .tiff),
        ([0x49, 0x49, 0x52, 0x4F], .tiff),
        (Array("FUJIFILMCCD-RAW".utf8), .tiff),
        ([0xFF, 0x0A], .jpegXL),
        ([0x00, 0x00, 0x00, 0x0C, 0x4A, 0x58, 0x4C, 0x20], .jpegXL),
        ([0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20], .jpeg2000),
        ([0xFF, 0x4F, 0xFF, 0x51], .jpeg2000),
        (Array("8BPS".utf8), .photoshop),
        (Array("%PDF-".utf8), .pdf),
        ([0x1A, 0x45, 0xDF, 0xA3], .video),
    ]

    /// The brands of an ISO base media file's `ftyp` box: the major one at 8, the compatible ones from 16.
    private static func isoMedia(_ head: [UInt8]) -> ForeignFormat {
        let brands = ([8] + stride(from: 16, through: head.count - 4, by: 4)).map { start in
            String(decoding: head[start..<start + 4], as: UTF8.self)
        }
        // Phones write HEIC and AVIF alike under the general brand mif1, so AVIF's own comes first.
        if brands.contains("avif") || brands.contains("avis") { return .avif }
        let heic: Set = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]
        if let major = brands.first, heic.contains(major) { return .heic }
        if brands.first == "crx " { return .tiff }
        return .video
    }

    private static func svg(_ head: [UInt8]) -> Bool {
        let text = String(decoding: head, as: UTF8.self)
        return text.hasPrefix("<svg") || (text.hasPrefix("<?xml") && text.contains("<svg"))
    }
}
