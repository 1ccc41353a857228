/// How a picture of a toy is taken.
public enum ToyboxView: String, Sendable, Codable, CaseIterable {
    /// As it happens: from any side, near or far, now and then cropped or with a thing before the toy.
    case any
    /// As one would photograph it to show it: whole, near, from the front and a little from its left, nothing before it.
    case portrait
}
