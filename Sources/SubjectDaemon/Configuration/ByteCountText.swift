/// Amounts of memory as people write them: `5 GB` (a thousand million each), `5 GiB` or `5G` (1024 cubed each).
enum ByteCountText {
    private static let units: [(names: [String], bytes: Int64)] = [
        (["B", "bytes", "byte", ""], 1),
        (["kB", "KB", "kb"], 1000), (["KiB", "K", "k"], 1 << 10),
        (["MB", "mb"], 1_000_000), (["MiB", "M"], 1 << 20),
        (["GB", "gb"], 1_000_000_000), (["GiB", "G"], 1 << 30),
        (["TB", "tb"], 1_000_000_000_000), (["TiB", "T"], 1 << 40),
    ]

    /// What the text means; nil if it means no amount.
    static func parse(_ text: String) -> Int64? {
        let plain = text.filter { !$0.isWhitespace }
        let digits = plain.prefix { ("0"..."9").contains($0) || $0 == "." }
        let unit = String(plain.dropFirst(digits.count))
        guard let number = Double(digits), let factor = units.first(where: { $0.names.contains(unit) })?.bytes
        else { return nil }
        let bytes = (number * Double(factor)).rounded()
        return bytes < 1e18 ? Int64(bytes) : nil
    }

    /// The same in the largest unit that says it without a fraction.
    static func text(_ bytes: Int64) -> String {
        let unit = units.last { bytes != 0 && bytes.isMultiple(of: $0.bytes) } ?? units[0]
        return "\(bytes / unit.bytes) \(unit.names[0])"
    }
}
