import Images
import SyntheticSubjects
import Testing

@testable import Collage

@Suite struct PanelTests {
    /// A collage of toys: panels of the given widths and heights with a gap of white between them.
    private func collage(widths: [Int], heights: [Int], gap: Int) -> (picture: RGBImage, panels: [RGBImage]) {
        let width = widths.reduce(0, +) + gap * (widths.count - 1)
        let height = heights.reduce(0, +) + gap * (heights.count - 1)
        var pixels = [UInt8](repeating: 255, count: 3 * width * height)
        var panels: [RGBImage] = []
        var top = 0
        for h in heights {
            var left = 0
            for w in widths {
                let toy = Toybox(seed: 4).sample(subject: 1, image: panels.count, size: 64)
                let panel = toy.image.croppedToFill(width: w, height: h)
                for y in 0..<h {
                    let to = 3 * ((top + y) * width + left)
                    pixels.replaceSubrange(to..<to + 3 * w, with: panel.pixels[3 * y * w..<3 * (y + 1) * w])
                }
                panels.append(panel)
                left += w + gap
            }
            top += h + gap
        }
        return (RGBImage(width: width, height: height, pixels: pixels), panels)
    }

    @Test(arguments: [(4, [60, 68], [66, 62]), (7, [61, 60], [57, 64]), (5, [44, 40, 42], [63, 60])])
    func findsBordersThatAreNotInTheMiddle(_ gap: Int, _ widths: [Int], _ heights: [Int]) {
        let (picture, panels) = collage(widths: widths, heights: heights, gap: gap)
        let found = PanelSplitter(rows: heights.count, columns: widths.count).split(picture)
        #expect(found.map { [$0.image.width, $0.image.height] } == panels.map { [$0.width, $0.height] })
        let isSame = found.map(\.image) == panels
        #expect(isSame)
        #expect(found.allSatisfy { $0.isBordered })
    }

    @Test func findsAnEdgeWithoutAGap() {
        let picture = RGBImage(
            width: 50, height: 20,
            pixels: (0..<1000).flatMap { pixel in
                let light = UInt8(pixel % 50 < 27 ? 60 : 180)
                return [light, light, UInt8(40 * (pixel / 50 % 3))]
            })
        let found = PanelSplitter(rows: 1, columns: 2).split(picture)
        #expect(found.map(\.image.width) == [27, 23])
        #expect(found.allSatisfy { $0.isBordered })
    }

    @Test func splitsEvenlyWhereThereIsNoBorder() {
        // One toy over all of it: edges, but none that runs from side to side.
        let picture = Toybox(seed: 4).sample(subject: 2, image: 0, size: 64).image
        let found = PanelSplitter(rows: 1, columns: 2).split(picture)
        #expect(found.map(\.image.width) == [32, 32])
        #expect(found.allSatisfy { !$0.isBordered })
    }

    @Test func knowsItsNames() {
        #expect(CollageDrawing("2x3") == .panels(rows: 2, columns: 3))
        #expect(CollageDrawing("joint") == .joint && CollageDrawing("alone") == .alone)
        for name in ["1x1", "0x2", "2x", "x", "9x1", "2x2x2", ""] { #expect(CollageDrawing(name) == nil) }
    }
}
