/// Why a picture cannot be read or written. The description says what is wrong and what to do, in words
/// for the photo's owner; the caller puts the file's name before it.
public enum ImageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file has no bytes.
    case empty
    /// Neither a picture nor any format that is known by its first bytes.
    case notAnImage
    /// A known format that this build does not decode.
    case unsupportedFormat(ForeignFormat)
    /// A format that this build does not decode for want of a library.
    case missingCodec(ImageFormat, CodecLack)
    /// A picture of a kind that is not decoded; `detail` says which.
    case unsupportedKind(ImageFormat, detail: String)
    /// The file ends before its picture does.
    case truncated(ImageFormat)
    /// The file contradicts its format; `detail` is the decoder's reason.
    case corrupt(ImageFormat, detail: String)
    /// More pixels than `ImageLimits.maximumPixels`.
    case tooManyPixels(width: Int, height: Int, maximum: Int)
    /// A side below `ImageLimits.minimumSide` pixels.
    case tooSmall(width: Int, height: Int, minimumSide: Int)
    /// A file larger than `ImageLimits.maximumBytes`.
    case tooManyBytes(Int, maximum: Int)
    /// More memory or passes than a photo of its size needs.
    case tooDemanding(ImageFormat, detail: String)
    case outOfMemory
    /// The file cannot be opened or read; `reason` is the system's, `remedy` what helps.
    case unreadable(reason: String, remedy: String)
    /// A PNG text that its format cannot hold.
    case invalidText(keyword: String, reason: String)
    /// The PNG encoder's own failure.
    case encodingFailed(detail: String)

    public var description: String {
        switch self {
        case .empty:
            "the file is empty; copy it again"
        case .notAnImage:
            "this is not a picture; use a JPEG or PNG photo"
        case .unsupportedFormat(.video):
            "this is a video, not a photo; save one of its frames as JPEG"
        case .unsupportedFormat(.pdf), .unsupportedFormat(.svg):
            "this is a document, not a photo; export it as JPEG or PNG"
        case .unsupportedFormat(let format):
            "\(format.name) pictures are not read; save it as JPEG"
        case .missingCodec(let format, .library(let library, let package)):
            "\(format.name) pictures are not read by this build: it was made without \(library); "
                + "install \(package) and build again, or save it as JPEG"
        case .missingCodec(let format, .decoder(let library, let package)):
            "\(format.name) pictures cannot be read here: \(library) has no decoder for them; "
                + "install \(package), or save it as JPEG"
        case .unsupportedKind(let format, let detail):
            "this kind of \(format.name) is not supported (\(detail)); save it as an ordinary JPEG or PNG"
        case .truncated(let format):
            "the \(format.name) ends before its picture does; the copy was cut short, copy it again"
        case .corrupt(let format, let detail):
            "the \(format.name) is damaged (\(detail)); copy it again or export it anew"
        case .tooManyPixels(let width, let height, let maximum):
            "the picture has \(width) x \(height) pixels and the limit is "
                + "\(Self.inMillions(maximum)) million; make it smaller"
        case .tooSmall(let width, let height, let minimumSide):
            "the picture has only \(width) x \(height) pixels and both sides need at least "
                + "\(minimumSide); use a larger one"
        case .tooManyBytes(let count, let maximum):
            "the file has \(Self.inMillions(count)) MB and the limit is \(Self.inMillions(maximum)) MB; "
                + "save it smaller"
        case .tooDemanding(let format, let detail):
            "decoding the \(format.name) would need more than a photo of its size should (\(detail)); "
                + "save it anew as an ordinary JPEG or PNG"
        case .outOfMemory:
            "there is not enough memory to decode the picture; free some or make the picture smaller"
        case .unreadable(let reason, let remedy):
            "the file cannot be read (\(reason)); \(remedy)"
        case .invalidText(let keyword, let reason):
            "the PNG text \"\(keyword)\" cannot be written (\(reason)); change it"
        case .encodingFailed(let detail):
            "the PNG could not be written (\(detail)); free some memory and try again"
        }
    }

    /// One decimal, rounded up so that a value over a limit never reads as the limit itself.
    private static func inMillions(_ count: Int) -> String {
        let tenths = (count + 99_999) / 100_000
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
