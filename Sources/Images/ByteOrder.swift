/// Which byte of a number comes first in a file.
enum ByteOrder {
    case bigEndian, littleEndian

    /// The 16-bit number at `offset`, or nil where `bytes` end before it does.
    func uint16(_ bytes: [UInt8], at offset: Int) -> Int? {
        number(bytes, at: offset, length: 2)
    }

    /// The 32-bit number at `offset`, or nil where `bytes` end before it does.
    func uint32(_ bytes: [UInt8], at offset: Int) -> Int? {
        number(bytes, at: offset, length: 4)
    }

    private func number(_ bytes: [UInt8], at offset: Int, length: Int) -> Int? {
        guard offset >= 0, offset <= bytes.count - length else { return nil }
        let digits = bytes[offset..<offset + length]
        return switch self {
        case .bigEndian: digits.reduce(0) { $0 << 8 | Int($1) }
        case .littleEndian: digits.reversed().reduce(0) { $0 << 8 | Int($1) }
        }
    }
}
