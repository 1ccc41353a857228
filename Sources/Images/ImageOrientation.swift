/// How a stored picture must be turned to be seen as it was taken. The raw values are those of the EXIF
/// tag 0x0112; each name says where the stored top row belongs in the picture as seen.
public enum ImageOrientation: UInt8, Sendable, CaseIterable {
    case up = 1
    case upMirrored = 2
    case down = 3
    case downMirrored = 4
    case leftMirrored = 5
    case right = 6
    case rightMirrored = 7
    case left = 8

    /// Whether width and height change places.
    public var swapsSides: Bool { rawValue >= 5 }

    /// The orientation in a TIFF structure (what JPEG's Exif segment and PNG's eXIf chunk hold), or `up`
    /// where it states none or is damaged: a photo is never refused for its metadata.
    static func read(tiff bytes: [UInt8]) -> ImageOrientation {
        let order: ByteOrder
        if bytes.starts(with: "II".utf8) {
            order = .littleEndian
        } else if bytes.starts(with: "MM".utf8) {
            order = .bigEndian
        } else {
            return .up
        }
        guard order.uint16(bytes, at: 2) == 42,
            let directory = order.uint32(bytes, at: 4),
            let entries = order.uint16(bytes, at: directory)
        else { return .up }
        for entry in 0..<entries {
            let start = directory + 2 + 12 * entry
            guard let tag = order.uint16(bytes, at: start) else { return .up }
            guard tag == 0x0112 else { continue }
            // Type 3 is a 16-bit number, as the standard demands; some writers use type 4, 32 bits.
            let value =
                switch order.uint16(bytes, at: start + 2) {
                case 3: order.uint16(bytes, at: start + 8)
                case 4: order.uint32(bytes, at: start + 8)
                default: nil as Int?
                }
            return value.flatMap { UInt8(exactly: $0) }.flatMap(ImageOrientation.init(rawValue:)) ?? .up
        }
        return .up
    }
}
