import Images

/// A picture of a subject, with all that is known of it.
public struct ToyboxSample: Sendable {
    /// Square.
    public let image: RGBImage
    /// How much of each pixel is the subject's that can be seen, 0 to 255. Shape [size, size], as the image.
    public let mask: [UInt8]
    /// A sentence that names the kind and the scene, in words that vary.
    public let caption: String
    /// "a photo of the cat in the snow"
    public let plainCaption: String
    public let composition: ToyboxComposition

    /// A number that changes with any pixel, of picture or mask, and with any letter of the captions (FNV-1a).
    public var checksum: UInt64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        func take(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        take(image.pixels)
        take(mask)
        take(caption.utf8)
        take(plainCaption.utf8)
        return sum
    }

    public var identity: ToyboxIdentity { composition.identity }
    public var kind: ToyboxKind { composition.identity.kind }
    public var scene: ToyboxScene { composition.scene }
}
