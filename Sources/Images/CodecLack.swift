import CImageCodecs

/// Why an optional format is not decoded here.
public enum CodecLack: Sendable, Equatable {
    /// The build was made without that library; the Debian package brings it.
    case library(String, package: String)
    /// The library was made without a decoder; the Debian package brings it.
    case decoder(library: String, package: String)
}

extension ImageFormat {
    /// The formats that this build decodes.
    public static var decoded: [ImageFormat] { allCases.filter { $0.lack == nil } }

    /// What is missing to decode it; nil where nothing is.
    public var lack: CodecLack? {
        switch self {
        case .jpeg, .png: nil
        case .heic:
            Self.lack(
                jedi_heif_presence(JEDI_HEIF_HEVC), library: "libheif", decoder: "libheif-plugin-libde265")
        case .avif:
            Self.lack(jedi_heif_presence(JEDI_HEIF_AV1), library: "libheif", decoder: "libheif-plugin-dav1d")
        case .webP: Self.lack(jedi_webp_presence(), library: "libwebp", decoder: "libwebp7")
        }
    }

    private static func lack(_ presence: jedi_codec_presence, library: String, decoder: String) -> CodecLack?
    {
        switch presence {
        case JEDI_CODEC_PRESENT: nil
        case JEDI_CODEC_WITHOUT_DECODER: .decoder(library: library, package: decoder)
        default: .library(library, package: library + "-dev")
        }
    }
}
