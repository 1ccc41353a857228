import FoundationEssentials

/// The form of one file of the cache: a line of JSON, the values as little-endian floats, and the SHA-256 of both.
enum CachedReference {
    /// No encoded photo comes near it.
    static let maximumBytes = 256 << 20

    /// Rises whenever the same photo, model and size make other latents.
    private static let form = "jedi.reference/2"

    /// The first line.
    struct Header: Codable {
        var form = CachedReference.form
        var key: ReferenceKey
        var shape: [Int]
    }

    static let lineEnd = UInt8(ascii: "\n")

    /// The file's bytes.
    static func encode(_ reference: EncodedReference, key: ReferenceKey) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var bytes = [UInt8](try encoder.encode(Header(key: key, shape: reference.shape)))
        bytes.append(lineEnd)
        bytes.reserveCapacity(bytes.count + reference.latent.count * 4 + 32)
        for value in reference.latent {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return SealedBytes.seal(bytes)
    }

    /// What the first line says; nil where it is another form's.
    static func header(_ line: ArraySlice<UInt8>) -> Header? {
        guard let header = try? JSONDecoder().decode(Header.self, from: Data(line)),
            header.form == form
        else { return nil }
        return header
    }

    /// What the bytes hold; nil unless they are whole, sound, and of that key.
    static func decode(_ bytes: [UInt8], key: ReferenceKey) -> EncodedReference? {
        guard let body = SealedBytes.open(bytes), let end = body.firstIndex(of: lineEnd),
            let header = header(body[..<end]), header.key == key
        else { return nil }
        let values = body[(end + 1)...]
        var count = 1
        for side in header.shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: side)
            guard side > 0, !overflow else { return nil }
            count = product
        }
        guard values.count % 4 == 0, values.count / 4 == count else { return nil }
        let latent = values.withUnsafeBytes { buffer in
            (0..<count).map { index in
                Float(
                    bitPattern: UInt32(
                        littleEndian: buffer.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
            }
        }
        return EncodedReference(shape: header.shape, latent: latent, contentHash: key.contentHash)
    }
}
