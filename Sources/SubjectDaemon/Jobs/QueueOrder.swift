/// In which order the jobs that wait are begun. Pure: the same in, the same out.
///
/// First what a person put first. Then by priority; among equal priority first what was interrupted in the middle,
/// then one job of each subject in turn, the one whose last turn is longest ago first, so that a hundred lines of one
/// subject keep no other waiting. Last what a person put last. A job that a person put before another stands just
/// before it, wherever that is.
enum QueueOrder {
    /// What a job's place depends on.
    struct Entry: Sendable, Equatable {
        var key: String
        var subject: String
        var priority = 0
        /// The order in which jobs were asked for.
        var position: Int64
        /// Put first by hand where it is negative, last where it is positive, the lowest foremost.
        var place: Int64 = 0
        /// The key of the job that it was put before by hand.
        var placeBefore: String?
        /// Whether it was interrupted in the middle through no fault of its own.
        var isBegun = false
    }

    /// The jobs that wait, the next one first.
    ///
    /// - Parameter served: when each subject had its last turn, by a number that only grows.
    static func order(_ waiting: [Entry], served: [String: Int64]) -> [Entry] {
        let keys = Set(waiting.map(\.key))
        var anchored: [String: [Entry]] = [:]
        var free: [Entry] = []
        for entry in waiting.sorted(by: { $0.position < $1.position }) {
            if let before = entry.placeBefore, before != entry.key, keys.contains(before) {
                anchored[before, default: []].append(entry)
            } else {
                free.append(entry)
            }
        }
        if anchored.isEmpty { return rounds(free, served) }
        var ordered: [Entry] = []
        var seen: Set<String> = []
        for entry in rounds(free, served) { place(entry, anchored, &ordered, &seen) }
        guard ordered.count < waiting.count else { return ordered }
        // Jobs that stand before one another in a ring stand nowhere: they wait for their turns.
        return order(
            waiting.map { entry in
                var entry = entry
                if !seen.contains(entry.key) { entry.placeBefore = nil }
                return entry
            }, served: served)
    }

    /// The entry, behind all that was put before it.
    private static func place(
        _ entry: Entry, _ anchored: [String: [Entry]], _ ordered: inout [Entry], _ seen: inout Set<String>
    ) {
        // A stack of its own: the chain may be as long as the queue.
        var stack: [(entry: Entry, isOpen: Bool)] = [(entry, false)]
        while let (next, isOpen) = stack.popLast() {
            let before = isOpen ? [] : anchored[next.key] ?? []
            if before.isEmpty {
                if seen.insert(next.key).inserted { ordered.append(next) }
            } else {
                stack.append((next, true))
                stack += before.reversed().map { ($0, false) }
            }
        }
    }

    private static func rounds(_ entries: [Entry], _ served: [String: Int64]) -> [Entry] {
        var first: [Entry] = []
        var last: [Entry] = []
        var classes: [Int: [Entry]] = [:]
        for entry in entries {
            if entry.place < 0 {
                first.append(entry)
            } else if entry.place > 0 {
                last.append(entry)
            } else {
                classes[entry.priority, default: []].append(entry)
            }
        }
        var ordered = first.sorted { ($0.place, $0.position) < ($1.place, $1.position) }
        var turns = Turns(served: served)
        for priority in classes.keys.sorted(by: >) { ordered += turns.take(classes[priority] ?? []) }
        return ordered + last.sorted { ($0.place, $0.position) < ($1.place, $1.position) }
    }

    /// Whose turn it is among subjects.
    private struct Turns {
        private var served: [String: Int64]
        private var number: Int64

        init(served: [String: Int64]) {
            self.served = served
            number = served.values.max() ?? 0
        }

        /// All of them, by turns. They come in the order in which they were asked for.
        mutating func take(_ entries: [Entry]) -> [Entry] {
            var ordered = entries.filter(\.isBegun)
            var lines: [String: ArraySlice<Entry>] = [:]
            for (subject, line) in Dictionary(grouping: entries.filter { !$0.isBegun }, by: \.subject) {
                lines[subject] = line[...]
            }
            var subjects = lines.keys.map { subject in
                (subject: subject, last: served[subject] ?? 0, position: lines[subject]?.first?.position ?? 0)
            }.sorted { ($0.last, $0.position) < ($1.last, $1.position) }.map(\.subject)
            while !subjects.isEmpty {
                var again: [String] = []
                for subject in subjects {
                    guard let entry = lines[subject]?.popFirst() else { continue }
                    ordered.append(entry)
                    number += 1
                    served[subject] = number
                    if lines[subject]?.isEmpty == false { again.append(subject) }
                }
                subjects = again
            }
            return ordered
        }
    }
}
