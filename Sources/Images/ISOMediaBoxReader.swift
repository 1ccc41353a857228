/// Goes through the boxes of an ISO base media file, of which HEIC and AVIF are kinds, or through those
/// within one of them, reading only the boxes' heads.
struct ISOMediaBoxReader<Source: ByteSource> {
    /// A box's type and where its contents lie.
    struct Box {
        /// Four bytes, letters by custom.
        let type: [UInt8]
        let contents: Range<Int>

        func hasType(_ name: String) -> Bool { type.elementsEqual(name.utf8) }
    }

    /// What comes next.
    enum Step {
        case box(Box)
        /// A box that ends behind its surroundings.
        case cut(Box)
        /// Bytes that are no box.
        case noise([UInt8])
        case end
    }

    private let source: Source
    private var offset: Int
    private let end: Int

    /// All boxes of `source`, or those in a part of it.
    init(_ source: Source, in range: Range<Int>? = nil) {
        self.source = source
        offset = range?.lowerBound ?? 0
        end = range?.upperBound ?? source.count
    }

    /// Behind a cut box and behind noise there is nothing more.
    mutating func next() throws(ImageError) -> Step {
        guard offset < end else { return .end }
        let head = try source.read(at: offset, length: min(16, end - offset))
        let start = offset
        offset = end
        guard head.count >= 8, let short = ByteOrder.bigEndian.uint32(head, at: 0) else {
            return .noise(head)
        }
        let type = Array(head[4..<8])
        guard type.allSatisfy({ (0x20...0x7E).contains($0) }) else { return .noise(head) }
        var (headLength, length) = (8, short)
        if short == 1 {
            guard let high = ByteOrder.bigEndian.uint32(head, at: 8),
                let low = ByteOrder.bigEndian.uint32(head, at: 12), high < 1 << 30
            else { return .noise(head) }
            (headLength, length) = (16, high << 32 | low)
        } else if short == 0 {
            length = end - start
        }
        guard length >= headLength else { return .noise(head) }
        guard length <= end - start else { return .cut(Box(type: type, contents: start + headLength..<end)) }
        offset = start + length
        return .box(Box(type: type, contents: start + headLength..<offset))
    }
}
