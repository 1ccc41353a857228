import Crypto

/// Bytes with their SHA-256 behind them, so that a damaged file is known as one.
enum SealedBytes {
    private static let sealLength = 32

    /// The bytes and their seal.
    static func seal(_ body: [UInt8]) -> [UInt8] {
        body + SHA256.hash(data: body)
    }

    /// What was sealed; nil unless it is whole and sound.
    static func open(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        guard bytes.count > sealLength else { return nil }
        let body = bytes.dropLast(sealLength)
        return SHA256.hash(data: body).elementsEqual(bytes.suffix(sealLength)) ? body : nil
    }
}
