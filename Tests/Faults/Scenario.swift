import SeededFaults

/// One kind of fault, done to real processes and counted.
struct Scenario: Sendable {
    /// What a run is told.
    struct Setting: Sendable {
        /// The folder of jedid and fakejedid.
        var programs: String
        var seed: UInt64
        /// A minute's worth of each, where a whole run takes its time.
        var isShort: Bool
        /// The repository's Tests/ folder, where sound inputs are.
        var tests: String
    }

    /// What came of it.
    struct Outcome: Sendable {
        /// What was done, with numbers.
        var deed: String
        var census = Census()
        /// Why it was not done.
        var skipped: String?

        static func skip(_ reason: String) -> Outcome { Outcome(deed: "", skipped: reason) }
    }

    let name: String
    /// Whether a short run has it.
    let isQuick: Bool
    /// Does it in this world, which is kept where something is amiss.
    let run: @Sendable (Setting, World) throws -> Outcome

    static let all: [Scenario] = [
        .kills, .growingFiles, .mutatedPhotos, .mutatedPrompts, .mutatedConfigs, .mutatedMessages,
        .mutatedStores,
        .queueOverflow,
        .watchLimit, .fullDisk, .clockJumps, .socketFlood, .soak,
    ]
}

extension Census {
    /// The daemon's own death is one of the faults.
    mutating func note(_ daemon: DaemonProcess) {
        if let death = daemon.death { daemonDeaths.append(death) }
    }
}
