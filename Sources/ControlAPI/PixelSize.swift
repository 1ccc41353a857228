/// A size in pixels, written `WIDTHxHEIGHT`.
public struct PixelSize: Sendable, Equatable {
    public let width: Int
    public let height: Int

    /// Nil where the text is something else, or a side is none.
    public init?(_ text: String) {
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1], width > 0, height > 0 else {
            return nil
        }
        self.width = width
        self.height = height
    }
}
