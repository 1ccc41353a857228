import ControlAPI
import FoundationEssentials

/// What `jedictl doctor` found out about one thing.
struct Finding: Codable, Equatable {
    /// How it is.
    enum State: String, Codable {
        /// As it should be.
        case ok
        /// To be known; nothing is wrong.
        case note
        /// Something works worse than it could.
        case warning
        /// Something does not work.
        case bad
    }

    /// What was looked at.
    var check: String
    /// How it is.
    var state: State
    /// In words.
    var text: String
    /// What to do about it.
    var fix: String?
}

/// All findings.
struct DoctorReport: Codable, Equatable {
    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    static let schemaName = "jedi.doctor/1"

    /// Always ``schemaName``.
    var schema = Self.schemaName
    /// What was found.
    var findings: [Finding]

    /// Whether something does not work.
    var isBad: Bool { findings.contains { $0.state == .bad } }
}

/// What is known of the installation without the daemon.
struct LocalFacts: Equatable {
    /// The machine, as this user sees it.
    var machine: MachineFacts
    /// Whether systemd runs this machine.
    var hasSystemd: Bool
    /// Whether the unit is installed.
    var unitInstalled: Bool
    /// Whether its service has processes.
    var unitActive: Bool
    /// Whether it is started with the machine.
    var unitEnabled: Bool
}

/// Makes findings from facts. Pure.
enum Doctor {
    /// In the order in which one would look.
    static func findings(
        _ local: LocalFacts, daemon: Result<DaemonFacts, ControlError>
    ) -> [Finding] {
        var findings = [reachable(daemon)]
        if let unit = unit(local, daemon) { findings.append(unit) }
        if case .success(let facts) = daemon {
            findings.append(contentsOf: folders(facts))
            findings.append(model(facts.engine))
            if let memory = memory(facts) { findings.append(memory) }
            if let problem = facts.configurationProblem {
                findings.append(
                    Finding(
                        check: "configuration", state: .bad, text: "not all of it holds: \(problem)",
                        fix:
                            "mend what it names, then 'jedictl config reload', or restart jedid for what waits for it"
                    ))
            }
            findings.append(watches(facts.machine, facts))
            findings.append(events(facts.machine))
            findings.append(processor(facts.machine, oneDNN: facts.oneDNN))
            findings.append(clock(facts.machine, isSet: facts.clockIsSet))
        } else {
            findings.append(watches(local.machine, nil))
            findings.append(events(local.machine))
            findings.append(processor(local.machine, oneDNN: nil))
            findings.append(clock(local.machine, isSet: nil))
        }
        return findings
    }

    // MARK: The daemon

    private static func reachable(_ daemon: Result<DaemonFacts, ControlError>) -> Finding {
        switch daemon {
        case .success(let facts):
            return Finding(
                check: "daemon", state: .ok, text: "jedid answers; it runs as the user \(facts.user)")
        case .failure(let error):
            let parts = "\(error)".split(separator: ": ", maxSplits: 1).map(String.init)
            return Finding(
                check: "daemon", state: .bad, text: parts[0], fix: parts.count > 1 ? parts[1] : nil)
        }
    }

    private static func unit(_ local: LocalFacts, _ daemon: Result<DaemonFacts, ControlError>) -> Finding? {
        guard local.hasSystemd, local.unitInstalled else { return nil }
        if case .success(let facts) = daemon, !facts.runsUnderSystemd {
            return Finding(
                check: "service", state: .note,
                text: "the jedid that answers was started by hand, not by systemd")
        }
        guard local.unitActive else {
            return Finding(
                check: "service", state: .bad, text: "jedid.service is installed and does not run",
                fix: "sudo systemctl start jedid; 'journalctl -u jedid' says why it ended")
        }
        guard local.unitEnabled else {
            return Finding(
                check: "service", state: .warning,
                text: "jedid.service runs and is not started with the machine",
                fix: "sudo systemctl enable jedid")
        }
        return Finding(
            check: "service", state: .ok, text: "jedid.service runs and is started with the machine")
    }

    private static func model(_ engine: EngineStatus) -> Finding {
        let name = engine.model ?? "the model"
        guard engine.state != .unavailable else {
            return Finding(
                check: "model", state: .bad,
                text: "it cannot be used: \(engine.detail ?? "no reason was given")",
                fix:
                    "'jedictl model check FOLDER' tells more; 'jedictl model list' shows those that are there"
            )
        }
        let hash = engine.modelHash.map { " " + $0.prefix(10) } ?? ""
        return engine.state == .starting || engine.state == .loading
            ? Finding(check: "model", state: .note, text: "\(name) is being loaded")
            : Finding(check: "model", state: .ok, text: "\(name)\(hash) can be used")
    }

    private static func memory(_ facts: DaemonFacts) -> Finding? {
        guard let total = facts.machine.memoryTotal else { return nil }
        let most = min(total, facts.memoryLimit ?? total)
        guard let needed = facts.memoryNeeded else {
            return Finding(check: "memory", state: .note, text: "\(Words.bytes(most)) in all")
        }
        let text = "a picture needs about \(Words.bytes(needed)) of \(Words.bytes(most))"
        guard needed <= most else {
            let limited = most < total
            return Finding(
                check: "memory", state: .bad, text: text,
                fix: limited
                    ? "raise MemoryMax of jedid.service with 'sudo systemctl edit jedid'"
                    : "use a smaller model, --precision bf16 or int8, or add memory")
        }
        if let available = facts.machine.memoryAvailable, available < needed, facts.engine.state != .ready {
            return Finding(
                check: "memory", state: .warning,
                text: text + ", and \(Words.bytes(available)) are free just now",
                fix: "end other programs; jedid waits until there is room")
        }
        return Finding(check: "memory", state: .ok, text: text)
    }

    // MARK: Folders

    private static func folders(_ facts: DaemonFacts) -> [Finding] {
        var findings = [root(facts)]
        for folder in facts.unwritable.prefix(10) {
            findings.append(
                Finding(
                    check: "output", state: .bad,
                    text: "nothing can be written into \(folder.path): \(folder.reason ?? "no permission")",
                    fix: permission(folder.path, facts.user)))
        }
        if facts.unwritable.isEmpty {
            findings.append(
                Finding(
                    check: "output", state: .ok,
                    text: "pictures can be written for \(Words.count(facts.folders, "subject"))"))
        }
        findings.append(
            facts.stateFolder.writable
                ? Finding(check: "state", state: .ok, text: "\(facts.stateFolder.path) can be written")
                : Finding(
                    check: "state", state: .bad,
                    text: "\(facts.stateFolder.path) cannot be written: "
                        + (facts.stateFolder.reason ?? "no permission"),
                    fix: "sudo chown -R \(facts.user) '\(facts.stateFolder.path)'"))
        findings.append(contentsOf: space([facts.root, facts.stateFolder], needed: facts.freeBytesNeeded))
        return findings
    }

    private static func root(_ facts: DaemonFacts) -> Finding {
        let root = facts.root
        guard root.readable else {
            return Finding(
                check: "root", state: .bad,
                text: "\(root.path) cannot be read: \(root.reason ?? "no permission")",
                fix: root.path.hasPrefix("/home/") && facts.runsUnderSystemd
                    ? "the service does not see /home: see the example drop-in for data under /home"
                    : permission(root.path, facts.user))
        }
        return Finding(check: "root", state: .ok, text: "\(root.path) can be read")
    }

    private static func permission(_ path: String, _ user: String) -> String {
        "sudo setfacl -R -m u:\(user):rwX -d -m u:\(user):rwX '\(path)'"
    }

    private static func space(_ folders: [DaemonFacts.Folder], needed: Int64) -> [Finding] {
        folders.compactMap { folder in
            guard let free = folder.freeBytes else { return nil }
            let text = "\(Words.bytes(free)) are free where \(folder.path) lies"
            guard free >= needed else {
                return Finding(
                    check: "space", state: .bad, text: text + "; \(Words.bytes(needed)) are needed",
                    fix:
                        "make room; 'jedictl retention --dry-run' and 'jedictl cache list' show what jedid holds"
                )
            }
            return Finding(check: "space", state: free < needed * 16 ? .warning : .ok, text: text)
        }
    }

    // MARK: The machine

    private static func watches(_ machine: MachineFacts, _ facts: DaemonFacts?) -> Finding {
        guard let maximum = machine.maximumWatches else {
            return Finding(check: "watches", state: .note, text: "the kernel's limit cannot be seen")
        }
        let needed = facts.map { $0.folders + 1 } ?? 0
        let sysctl =
            "echo fs.inotify.max_user_watches=\(max(524_288, needed * 2)) | "
            + "sudo tee /etc/sysctl.d/60-jedi.conf && sudo sysctl --system"
        if let facts, facts.polledFolders > 0 {
            return Finding(
                check: "watches", state: .warning,
                text: "\(Words.count(facts.polledFolders, "folder")) cannot be watched: "
                    + (facts.pollingReason ?? "they are looked at from time to time"),
                fix: maximum < needed * 2 ? sysctl : nil)
        }
        let words = facts == nil ? "" : "; \(Words.count(needed, "folder")) to watch"
        let text = "\(maximum) folders may be watched\(words)"
        // Other programs of the same user watch folders as well.
        guard maximum >= needed * 2 else {
            return Finding(check: "watches", state: .warning, text: text, fix: sysctl)
        }
        return Finding(check: "watches", state: .ok, text: text)
    }

    private static func events(_ machine: MachineFacts) -> Finding {
        guard let maximum = machine.maximumQueuedEvents else {
            return Finding(check: "events", state: .note, text: "the kernel's limit cannot be seen")
        }
        return maximum >= 16_384
            ? Finding(check: "events", state: .ok, text: "the kernel keeps \(maximum) events")
            : Finding(
                check: "events", state: .warning,
                text: "the kernel keeps \(maximum) events only; more at once make jedid look at every folder",
                fix: "sudo sysctl fs.inotify.max_queued_events=16384")
    }

    private static func processor(_ machine: MachineFacts, oneDNN: Bool?) -> Finding {
        let features = Set(machine.processorFeatures)
        let name = machine.processor ?? "this processor"
        if oneDNN == false {
            return Finding(
                check: "processor", state: .warning,
                text: "\(name); jedid was built without oneDNN and is slower",
                fix: "sudo apt-get install libdnnl-dev, then build jedid again")
        }
        let (speed, state) = speed(features)
        return Finding(check: "processor", state: state, text: "\(name): \(speed)")
    }

    /// What the features mean, the best first.
    private static func speed(_ features: Set<String>) -> (String, Finding.State) {
        if features.contains("amx_bf16") {
            return ("AMX and AVX-512: fast, and fastest with --precision bf16", .ok)
        }
        if features.contains("avx512_bf16") {
            return ("AVX-512 with BF16: fast, and nearly twice as fast with --precision bf16", .ok)
        }
        if features.contains("avx512f") {
            guard features.contains("avx512_vnni") else {
                return ("AVX-512 without BF16: fast; --precision bf16 and int8 save memory, not time", .ok)
            }
            return (
                "AVX-512 with VNNI, without BF16: fast, and faster with --precision bf16 or int8", .ok
            )
        }
        if features.contains("avx2") {
            return (
                "AVX2 without AVX-512: slower; --precision bf16 and int8 take three quarters of the time and less memory",
                .note
            )
        }
        return ("neither AVX-512 nor AVX2: pictures take several times as long", .warning)
    }

    private static func clock(_ machine: MachineFacts, isSet: Bool?) -> Finding {
        // This was written in 2026: a clock before that is a clock that was never set.
        guard machine.clock >= 1_767_225_600 else {
            return Finding(
                check: "clock", state: .bad, text: "the clock is before 2026",
                fix: "set it: sudo timedatectl set-ntp true")
        }
        if isSet == false {
            return Finding(
                check: "clock", state: .note, text: "no time service keeps the clock right",
                fix: "sudo timedatectl set-ntp true")
        }
        return Finding(check: "clock", state: .ok, text: "the clock is set")
    }
}
