/// A file format that this package decodes: JPEG and PNG always, the others where the build has their library.
public enum ImageFormat: String, Sendable, CaseIterable {
    case jpeg, png, heic, avif, webP

    /// The name as people write it.
    public var name: String {
        switch self {
        case .jpeg: "JPEG"
        case .png: "PNG"
        case .heic: "HEIC"
        case .avif: "AVIF"
        case .webP: "WebP"
        }
    }

    /// The endings of its files' names, in small letters, without the dot.
    public var fileEndings: [String] {
        switch self {
        case .jpeg: ["jpg", "jpeg", "jpe", "jfif"]
        case .png: ["png"]
        case .heic: ["heic", "heif", "hif"]
        case .avif: ["avif"]
        case .webP: ["webp"]
        }
    }

    /// The format that the first bytes announce, whatever the file is called; nil for any other format.
    /// - Parameter bytes: a file's start; 64 bytes are enough.
    public static func sniff(_ bytes: some Collection<UInt8>) -> ImageFormat? {
        if bytes.starts(with: jpegSignature) { return .jpeg }
        if bytes.starts(with: pngSignature) { return .png }
        return ForeignFormat.sniff(bytes)?.imageFormat
    }

    /// The start-of-image marker and the first byte of the next one.
    static let jpegSignature: [UInt8] = [0xFF, 0xD8, 0xFF]
    static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
}
