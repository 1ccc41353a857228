import Crypto

extension SHA256 {
    /// Takes in one part of several. Its length goes in with it, so that no two different lists of parts read the same.
    mutating func update(part: String) {
        withUnsafeBytes(of: UInt64(part.utf8.count).littleEndian) { update(bufferPointer: $0) }
        update(data: Array(part.utf8))
    }
}
