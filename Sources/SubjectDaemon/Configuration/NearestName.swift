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

    /// How many letters must be put in, taken out, changed or swapped with the next one (optimal string alignment).
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var (beforeLast, last) = ([Int](), Array(0...b.count))
        for (i, letter) in a.enumerated() {
            var row = [i + 1]
            for (j, other) in b.enumerated() {
                var best = min(last[j] + (letter == other ? 0 : 1), row[j] + 1, last[j + 1] + 1)
                if i > 0, j > 0, letter == b[j - 1], a[i - 1] == other {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
