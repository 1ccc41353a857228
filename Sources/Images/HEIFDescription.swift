/// A HEIF file's `meta` box, as far as sizes need it: which item is the picture, and its properties.
struct HEIFDescription {
    private let source: MemorySource
    private let format: ImageFormat

    /// - Parameter meta: the box's contents.
    init(_ meta: [UInt8], format: ImageFormat) {
        source = MemorySource(bytes: meta)
        self.format = format
    }

    private var bytes: [UInt8] { source.bytes }

    /// The primary picture's size, from its properties in their order.
    var layout: HEIFLayout {
        get throws(ImageError) {
            // A version and flags come first.
            let boxes = try children(of: 4..<max(4, bytes.count))
            guard let primary = boxes["pitm"].flatMap(primaryItem), let properties = boxes["iprp"] else {
                throw damaged("it names no picture")
            }
            let parts = try children(of: properties)
            guard let container = parts["ipco"], let links = parts["ipma"] else {
                throw damaged("its picture has no properties")
            }
            let all = try list(of: container)
            var size: (width: Int, height: Int)?
            for index in try indices(of: primary, in: links) where index > 0 && index <= all.count {
                size = try apply(all[index - 1], to: size)
            }
            guard let size else { throw damaged("its size is not stated") }
            var (codedWidth, codedHeight) = size
            for property in all where property.hasType("ispe") {
                let (width, height) = try extent(property)
                codedWidth = max(codedWidth, width)
                codedHeight = max(codedHeight, height)
            }
            return HEIFLayout(
                width: size.width, height: size.height, codedWidth: codedWidth, codedHeight: codedHeight)
        }
    }

    private typealias Box = ISOMediaBoxReader<MemorySource>.Box

    private func list(of range: Range<Int>) throws(ImageError) -> [Box] {
        var reader = ISOMediaBoxReader(source, in: range)
        var boxes: [Box] = []
        while true {
            switch try reader.next() {
            case .box(let box): boxes.append(box)
            case .end: return boxes
            case .cut, .noise: throw damaged("a box in its description")
            }
        }
    }

    /// The first of each type.
    private func children(of range: Range<Int>) throws(ImageError) -> [String: Range<Int>] {
        Dictionary(
            try list(of: range).map { (String(decoding: $0.type, as: UTF8.self), $0.contents) },
            uniquingKeysWith: { first, _ in first })
    }

    private func uint16(_ offset: Int) -> Int? { ByteOrder.bigEndian.uint16(bytes, at: offset) }
    private func uint32(_ offset: Int) -> Int? { ByteOrder.bigEndian.uint32(bytes, at: offset) }

    private func primaryItem(_ box: Range<Int>) -> Int? {
        guard !box.isEmpty else { return nil }
        return bytes[box.lowerBound] == 0 ? uint16(box.lowerBound + 4) : uint32(box.lowerBound + 4)
    }

    /// The numbers, from 1, of an item's properties.
    private func indices(of item: Int, in box: Range<Int>) throws(ImageError) -> [Int] {
        guard let head = uint32(box.lowerBound), let count = uint32(box.lowerBound + 4) else {
            throw damaged("a box in its description")
        }
        let (isLongItem, isLongIndex) = (head >> 24 > 0, head & 1 == 1)
        var offset = box.lowerBound + 8
        for _ in 0..<count where offset < box.upperBound {
            let number = isLongItem ? uint32(offset) : uint16(offset)
            offset += isLongItem ? 4 : 2
            guard let number, offset < box.upperBound else { break }
            let length = Int(bytes[offset])
            offset += 1
            if number == item {
                return (0..<length).compactMap { place in
                    // The highest bit says whether a reader must heed the property.
                    isLongIndex
                        ? uint16(offset + 2 * place).map { $0 & 0x7FFF }
                        : offset + place < bytes.count ? Int(bytes[offset + place] & 0x7F) : nil
                }
            }
            offset += isLongIndex ? 2 * length : length
        }
        throw damaged("its picture has no properties")
    }

    /// The size behind a property that has this size before it.
    private func apply(
        _ property: Box, to size: (width: Int, height: Int)?
    ) throws(ImageError) -> (width: Int, height: Int)? {
        if property.hasType("ispe") { return try extent(property) }
        guard let size else { return nil }
        let start = property.contents.lowerBound
        if property.hasType("irot"), !property.contents.isEmpty, bytes[start] & 1 == 1 {
            // Quarters of a turn.
            return (size.height, size.width)
        }
        if property.hasType("clap"), property.contents.count >= 16 {
            let parts = [0, 4, 8, 12].compactMap { uint32(start + $0) }
            guard parts.count == 4, parts[1] > 0, parts[3] > 0, parts[0] >= parts[1], parts[2] >= parts[3]
            else { throw damaged("what to crop") }
            return (min(size.width, parts[0] / parts[1]), min(size.height, parts[2] / parts[3]))
        }
        return size
    }

    private func extent(_ property: Box) throws(ImageError) -> (width: Int, height: Int) {
        let start = property.contents.lowerBound
        guard property.contents.count >= 12, let width = uint32(start + 4), let height = uint32(start + 8),
            (1...0x7FFF_FFFF).contains(width), (1...0x7FFF_FFFF).contains(height)
        else { throw damaged("its size") }
        return (width, height)
    }

    private func damaged(_ detail: String) -> ImageError { .corrupt(format, detail: detail) }
}
