import Foundation

extension EvaluationReport {
    /// A line for each subject, one for their mean, and one for how alike their photos are among themselves.
    public func table() -> String {
        let hasMasks = maskedSubjects > 0
        func cells(_ scores: [Double?]) -> [String] {
            scores.map { $0.map { String(format: "%.3f", $0) } ?? "-" }
        }
        func cells(_ scores: Scores) -> [String] {
            cells(
                [scores.clipT, scores.clipI, scores.dino]
                    + (hasMasks ? [scores.maskedClipI, scores.maskedDino] : []))
        }
        var rows = [
            ["subject", "class", "photos", "pictures", "CLIP-T", "CLIP-I", "DINO"]
                + (hasMasks ? ["MCLIP-I", "MDINO"] : [])
        ]
        for subject in subjects {
            rows.append(
                [subject.name, subject.noun, "\(subject.photos.count)", "\(subject.pictures.count)"]
                    + cells(subject.scores))
        }
        let counts = (
            subjects.reduce(0) { $0 + $1.photos.count }, subjects.reduce(0) { $0 + $1.pictures.count }
        )
        rows.append(["mean", "", "\(counts.0)", "\(counts.1)"] + cells(scores))
        if let photos = amongPhotos {
            let masked = hasMasks ? [photos.maskedClipI, photos.maskedDino] : []
            rows.append(["photos alone", "", "", "", ""] + cells([photos.clipI, photos.dino] + masked))
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column < 2 ? cell + padding : padding + cell
            }
            return cells.joined(separator: "  ").trimmingSuffix(" ")
        }
        let note =
            hasMasks && maskedSubjects < subjects.count
            ? [
                "MCLIP-I and MDINO are of the \(maskedSubjects) subjects whose photos and pictures have masks."
            ]
            : []
        return (lines + note).joined(separator: "\n")
    }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var text = self[...]
        while text.last == character { text.removeLast() }
        return String(text)
    }
}
