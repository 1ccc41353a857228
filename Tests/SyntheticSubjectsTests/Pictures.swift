import Images
import SyntheticSubjects

extension RGBImage {
    /// The means of blocks of pixels.
    func shrunk(by factor: Int) -> [UInt8] {
        let (w, h) = (width / factor, height / factor)
        return (0..<h * w * 3).map { index in
            let (channel, column, row) = (index % 3, index / 3 % w, index / 3 / w)
            var sum = 0
            for y in 0..<factor {
                for x in 0..<factor {
                    sum += Int(pixels[((row * factor + y) * width + column * factor + x) * 3 + channel])
                }
            }
            return UInt8(sum / (factor * factor))
        }
    }
}

extension ToyboxSample {
    /// Shares of the subject's colours, in 4 x 4 x 4 classes.
    var colorHistogram: [Double] {
        var counts = [Double](repeating: 0, count: 64)
        for (pixel, alpha) in mask.enumerated() where alpha == 255 {
            let rgb = (0..<3).map { Int(image.pixels[pixel * 3 + $0]) / 64 }
            counts[rgb[0] * 16 + rgb[1] * 4 + rgb[2]] += 1
        }
        let sum = max(1, counts.reduce(0, +))
        return counts.map { $0 / sum }
    }
}
