import CImageCodecs

extension ImageError {
    /// The error that a codec's result stands for, or nil when it succeeded.
    init?(_ result: jedi_codec_result, format: ImageFormat) {
        let detail = withUnsafeBytes(of: result.message) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        switch result.status {
        case JEDI_CODEC_OK: return nil
        case JEDI_CODEC_TRUNCATED: self = .truncated(format)
        case JEDI_CODEC_UNSUPPORTED: self = .unsupportedKind(format, detail: detail)
        case JEDI_CODEC_OVER_LIMIT: self = .tooDemanding(format, detail: detail)
        case JEDI_CODEC_OUT_OF_MEMORY: self = .outOfMemory
        default: self = .corrupt(format, detail: detail)
        }
    }
}
