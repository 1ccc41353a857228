/// What reproducing a picture needs of a PNG file: its texts, and the bytes that are its picture.
///
/// Only what jedid itself writes is read, which is never compressed; so nothing but this client's own code is
/// linked, and it starts at once.
public struct PNGChunks: Sendable, Equatable {
    /// The texts by keyword.
    public var texts: [String: String] = [:]
    /// What the picture is made of: the header's and the data's bytes.
    public var picture: [UInt8] = []

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Reads a file's bytes; nil where they are no whole PNG.
    public init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: Self.signature) else { return nil }
        var place = Self.signature.count
        while true {
            guard bytes.count - place >= 12 else { return nil }
            let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - place - 12 else { return nil }
            let data = bytes[place + 8..<place + 8 + length]
            switch String(decoding: bytes[place + 4..<place + 8], as: UTF8.self) {
            case "IEND": return
            case "IHDR", "IDAT": picture += data
            case "tEXt": take(Self.plain(data))
            case "iTXt": take(Self.international(data))
            default: break
            }
            place += 12 + length
        }
    }

    private mutating func take(_ text: (keyword: String, text: String)?) {
        if let text, texts[text.keyword] == nil { texts[text.keyword] = text.text }
    }

    /// Keyword, NUL, Latin-1 text.
    private static func plain(_ data: ArraySlice<UInt8>) -> (String, String)? {
        guard let zero = data.firstIndex(of: 0) else { return nil }
        return (latin1(data[..<zero]), latin1(data[(zero + 1)...]))
    }

    /// Keyword, NUL, compression flag, method, language, NUL, translated keyword, NUL, UTF-8 text.
    private static func international(_ data: ArraySlice<UInt8>) -> (String, String)? {
        let parts = data.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count >= 4, parts[1].first == 0 else { return nil }
        let rest = parts[1].dropFirst(2).split(
            separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        guard rest.count == 3, let text = String(validating: rest[2], as: UTF8.self) else { return nil }
        return (latin1(parts[0]), text)
    }

    private static func latin1(_ bytes: ArraySlice<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: bytes.map { Unicode.Scalar($0) })
        return String(text)
    }
}
