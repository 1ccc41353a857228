import Images

/// Parts a picture that is a collage into its panels, along the edges that it has near the expected places.
struct PanelSplitter {
    let rows, columns: Int

    /// A panel, and whether every border that it shares with others was found.
    struct Panel {
        let image: RGBImage
        let isBordered: Bool
    }

    /// A border between two panels: the pixels that belong to neither, and whether it is there to be seen.
    struct Border: Equatable {
        /// Empty for an edge without a gap.
        let gap: Range<Int>
        let isFound: Bool
    }

    /// Row after row.
    func split(_ picture: RGBImage) -> [Panel] {
        let across = borders(PictureLines(columnsOf: picture), count: columns)
        let down = borders(PictureLines(rowsOf: picture), count: rows)
        func spans(_ borders: [Border], _ length: Int) -> [(Range<Int>, Bool)] {
            (0...borders.count).map { index in
                let start = index == 0 ? 0 : borders[index - 1].gap.upperBound
                let end = index == borders.count ? length : borders[index].gap.lowerBound
                let found =
                    (index == 0 || borders[index - 1].isFound)
                    && (index == borders.count || borders[index].isFound)
                return (start..<max(end, start + 1), found)
            }
        }
        return spans(down, picture.height).flatMap { y in
            spans(across, picture.width).map { x in
                Panel(image: picture.cropped(x: x.0, y: y.0), isBordered: x.1 && y.1)
            }
        }
    }

    /// How far from an even split a border is looked for, as a share of a panel.
    private static let reach = 0.12
    /// How much stronger than what is usual an edge is that runs the whole length, and how strong at least, in levels.
    private static let (leastRatio, leastChange) = (Float(3), Float(8))
    /// Lines within a gap are of one colour; what may be left of texture, in levels.
    private static let gapRoughness: Float = 4

    /// Borders between `count` panels.
    private func borders(_ lines: PictureLines, count: Int) -> [Border] {
        let length = lines.roughness.count
        let usual = lines.changes.sorted()[lines.changes.count / 2]
        let least = max(Self.leastChange, Self.leastRatio * usual)
        return (1..<max(1, count)).map { index in
            let even = length * index / count
            let reach = max(1, Int(Double(length) / Double(count) * Self.reach))
            let window = max(1, even - reach)...min(length - 1, even + reach)
            let edge = window.max { lines.changes[$0 - 1] < lines.changes[$1 - 1] } ?? even
            guard lines.changes[edge - 1] >= least else { return Border(gap: even..<even, isFound: false) }
            // The gap lies on the smoother side of the edge, if there is one: as far as lines are alike.
            var gap = edge..<edge
            let isBefore = lines.roughness[edge - 1] < lines.roughness[edge]
            while gap.count < 2 * reach {
                let line = isBefore ? gap.lowerBound - 1 : gap.upperBound
                guard 1..<length - 1 ~= line, lines.roughness[line] <= Self.gapRoughness,
                    gap.isEmpty || lines.changes[isBefore ? line : line - 1] < Self.leastChange
                else { break }
                gap = isBefore ? line..<gap.upperBound : gap.lowerBound..<line + 1
            }
            return Border(gap: gap, isFound: true)
        }
    }
}

extension RGBImage {
    func cropped(x: Range<Int>, y: Range<Int>) -> RGBImage {
        RGBImage(
            width: x.count, height: y.count,
            pixels: y.flatMap { row in
                pixels[3 * (row * width + x.lowerBound)..<3 * (row * width + x.upperBound)]
            }
        )
    }
}
