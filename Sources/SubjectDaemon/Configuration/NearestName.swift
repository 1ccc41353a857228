/// Finds the name that somebody who misspelled one may have meant.
enum NearestName {
    /// The nearest name, if it is near at all.
    static func of(_ written: String, among names: [String]) -> String? {
        guard (2...40).contains(written.count) else { return nil }
        let nearest = names.map { (name: $0, distance: distance(Array(written), Array($0))) }
            .min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= max(1, written.count / 3) else { return nil }
        return nearest.name
    }

    /// How many letters must be put in, taken out or changed (Levenshtein).
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var row = Array(0...b.count)
        for (i, letter) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let change = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
