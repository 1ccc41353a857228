import Images

/// What becomes of a picture before an encoder sees it: its shorter side scaled, the middle cut out, the channels
/// normalised. The numbers are those of transformers' processors with Pillow.
public struct ImagePreparation: Sendable, Equatable {
    /// The shorter side after scaling, in pixels.
    public let shorterSide: Int
    /// The sides of the square that is cut out, in pixels; at most `shorterSide`.
    public let side: Int
    /// Of red, green and blue, from 0 to 1.
    public let mean, deviation: [Float]

    /// CLIP's: the square is as large as possible.
    public static func clip(side: Int) -> ImagePreparation {
        ImagePreparation(
            shorterSide: side, side: side, mean: [0.48145466, 0.4578275, 0.40821073],
            deviation: [0.26862954, 0.26130258, 0.27577711])
    }

    /// DINO's: 224 of 256 pixels, with the means and deviations of ImageNet.
    public static func dino(side: Int) -> ImagePreparation {
        ImagePreparation(
            shorterSide: side * 256 / 224, side: side, mean: [0.485, 0.456, 0.406],
            deviation: [0.229, 0.224, 0.225])
    }

    /// Shape `[side, side, 3]`.
    public func callAsFunction(_ image: RGBImage) -> [Float] {
        // 1. The longer side keeps its proportion, rounded down.
        let shorter = min(image.width, image.height)
        let scaled = image.resizedBicubic(
            width: image.width == shorter ? shorterSide : shorterSide * image.width / shorter,
            height: image.height == shorter ? shorterSide : shorterSide * image.height / shorter)
        // 2. The middle; of an odd rest the smaller half is before it.
        let (left, top) = ((scaled.width - side) / 2, (scaled.height - side) / 2)
        var result: [Float] = []
        result.reserveCapacity(side * side * 3)
        for y in top..<top + side {
            let start = 3 * (y * scaled.width + left)
            for index in 0..<3 * side {
                // 3. Each channel.
                let value = Float(scaled.pixels[start + index]) / 255
                result.append((value - mean[index % 3]) / deviation[index % 3])
            }
        }
        return result
    }
}
