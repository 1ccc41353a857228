import Foundation
import Images

/// The loss over the steps as a picture: each line of the log pale, their running mean dark, on a logarithmic scale
/// whose numbers stand at the left, with steps below.
enum LossCurve {
    private static let (width, height) = (900, 480)
    private static let (left, right, top, bottom) = (70, 20, 20, 40)

    static func png(_ log: [LogEntry]) throws(ImageError) -> [UInt8] {
        let points = log.compactMap { entry in
            entry.loss.flatMap { $0 > 0 ? (step: Double(entry.step), value: log10($0)) : nil }
        }
        var canvas = Canvas(width: width, height: height)
        guard let last = points.last else { return try PNGEncoder.encode(canvas.image) }
        let values = points.map(\.value).sorted()
        // A few wild steps shall not squeeze the rest.
        let (low, high) = (values[values.count / 200], values[values.count - 1 - values.count / 200])
        let (floor, ceiling) = (low - 0.05, max(high, low + 0.1) + 0.05)
        let x = { (step: Double) in
            left + Int(step / max(1, last.step) * Double(width - left - right))
        }
        let y = { (value: Double) in
            let share = (min(max(value, floor), ceiling) - floor) / (ceiling - floor)
            return height - bottom - Int(share * Double(height - top - bottom))
        }
        for tick in 0...4 {
            let value = floor + (ceiling - floor) * Double(tick) / 4
            canvas.line(left, y(value), width - right, y(value), (225, 225, 225))
            canvas.text(String(format: "%.4f", pow(10, value)), x: 8, y: y(value) - 5)
            let step = last.step * Double(tick) / 4
            canvas.text("\(Int(step))", x: min(x(step), width - 60), y: height - bottom + 12)
        }
        for (a, b) in zip(points, points.dropFirst()) {
            canvas.line(x(a.step), y(a.value), x(b.step), y(b.value), (180, 200, 235))
        }
        let window = max(1, points.count / 50)
        var mean = points[0].value
        var from = (x(points[0].step), y(mean))
        for point in points {
            mean += (point.value - mean) / Double(window)
            let to = (x(point.step), y(mean))
            canvas.line(from.0, from.1, to.0, to.1, (25, 60, 140))
            from = to
        }
        return try PNGEncoder.encode(canvas.image)
    }

    /// White paper for lines and digits.
    private struct Canvas {
        let width, height: Int
        private var pixels: [UInt8]

        init(width: Int, height: Int) {
            (self.width, self.height) = (width, height)
            pixels = [UInt8](repeating: 255, count: 3 * width * height)
        }

        var image: RGBImage { RGBImage(width: width, height: height, pixels: pixels) }

        mutating func dot(_ x: Int, _ y: Int, _ color: (UInt8, UInt8, UInt8)) {
            guard (0..<width).contains(x), (0..<height).contains(y) else { return }
            let at = 3 * (y * width + x)
            (pixels[at], pixels[at + 1], pixels[at + 2]) = color
        }

        mutating func line(_ x0: Int, _ y0: Int, _ x1: Int, _ y1: Int, _ color: (UInt8, UInt8, UInt8)) {
            let steps = max(abs(x1 - x0), abs(y1 - y0), 1)
            for step in 0...steps {
                dot(x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps, color)
            }
        }

        /// Digits and points of 3 x 5 dots, doubled.
        mutating func text(_ text: String, x: Int, y: Int) {
            for (index, character) in text.enumerated() {
                let rows = Self.digits[character] ?? [0, 0, 0, 0, 0]
                for row in 0..<10 {
                    for column in 0..<6 where rows[row / 2] >> (2 - column / 2) & 1 == 1 {
                        dot(x + 8 * index + column, y + row, (90, 90, 90))
                    }
                }
            }
        }

        private static let digits: [Character: [Int]] = [
            "0": [7, 5, 5, 5, 7], "1": [2, 6, 2, 2, 7], "2": [7, 1, 7, 4, 7], "3": [7, 1, 7, 1, 7],
            "4": [5, 5, 7, 1, 1], "5": [7, 4, 7, 1, 7], "6": [7, 4, 7, 5, 7], "7": [7, 1, 1, 1, 1],
            "8": [7, 5, 7, 5, 7], "9": [7, 5, 7, 1, 7], ".": [0, 0, 0, 0, 2], "-": [0, 0, 7, 0, 0],
        ]
    }
}
