/// Rows whose cells stand under one another.
struct TextTable {
    /// A cell's text and its tone.
    struct Cell {
        var text: String
        var tone: TextStyle.Tone?

        init(_ text: String, _ tone: TextStyle.Tone? = nil) {
            self.text = text
            self.tone = tone
        }
    }

    /// One long name does not push every row's other cells out of sight.
    private static let widest = 32

    private var rows: [[Cell]] = []
    private var notes: [Int: [Cell]] = [:]

    mutating func add(_ cells: [Cell]) {
        rows.append(cells)
    }

    /// A line of its own under the last row, indented to its second cell.
    mutating func note(_ cell: Cell) {
        notes[rows.count - 1, default: []].append(cell)
    }

    /// The lines, indented by two, without blanks at their ends.
    func lines(_ style: TextStyle) -> [String] {
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() where column < row.count - 1 {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], min(cell.text.count, Self.widest))
            }
        }
        let indent = String(repeating: " ", count: 4 + (widths.first ?? 0))
        return rows.enumerated().flatMap { index, row in
            let line = row.enumerated().map { column, cell in
                let dressed = cell.tone.map { style(cell.text, $0) } ?? cell.text
                guard column < row.count - 1 else { return dressed }
                return dressed + String(repeating: " ", count: max(widths[column] - cell.text.count, 0) + 2)
            }
            let under = notes[index, default: []].map { note in
                indent + (note.tone.map { style(note.text, $0) } ?? note.text)
            }
            return ["  " + line.joined().trimmingTrailingBlanks] + under
        }
    }
}

extension String {
    fileprivate var trimmingTrailingBlanks: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
