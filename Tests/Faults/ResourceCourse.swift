import SeededFaults

/// How a daemon's memory and open files went over a run.
struct ResourceCourse {
    private var samples: [(part: Double, memory: Int, files: Int)] = []

    /// - Parameter part: of the run, from 0 to 1.
    mutating func note(_ daemon: DaemonProcess, at part: Double) {
        guard let memory = ProcessFacts.anonymousMemory(daemon.pid),
            let files = ProcessFacts.openFiles(daemon.pid)
        else { return }
        samples.append((part, memory, files))
    }

    /// The first third is for coming to rest; the rest is compared by its ends.
    private var ends: (early: ArraySlice<Int>, late: ArraySlice<Int>, files: (early: Int, late: Int))? {
        let rested = samples.filter { $0.part > 0.33 }
        guard rested.count >= 30 else { return nil }
        let third = rested.count / 3
        let memory = rested.map(\.memory), files = rested.map(\.files)
        return (
            memory.prefix(third), memory.suffix(third),
            (files.prefix(third).max() ?? 0, files.suffix(third).max() ?? 0)
        )
    }

    private static func median(_ values: ArraySlice<Int>) -> Int { values.sorted()[values.count / 2] }

    /// What grew beyond what chance does; nil where nothing did.
    var growth: String? {
        guard let ends else { return "it was looked at \(samples.count) times, too few to tell" }
        let (early, late) = (Self.median(ends.early), Self.median(ends.late))
        if late > early + max(early / 4, 6144) { return "from \(early) to \(late) KiB" }
        if ends.files.late > ends.files.early + 4 {
            return "from \(ends.files.early) to \(ends.files.late) open files"
        }
        return nil
    }

    var summary: String {
        guard let ends else { return "" }
        return "\(Self.median(ends.early)) then \(Self.median(ends.late)) KiB, "
            + "\(ends.files.early) then \(ends.files.late) open files"
    }
}
