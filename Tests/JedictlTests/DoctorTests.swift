import ControlAPI
import Testing

@testable import jedictl

/// From facts to findings.
@Suite struct DoctorTests {
    private func findings(_ change: (inout DaemonFacts) -> Void = { _ in }) -> [Finding] {
        var facts = Samples.facts
        change(&facts)
        return Doctor.findings(Samples.local, daemon: .success(facts))
    }

    @Test func whereAllIsWellNothingIsToBeMended() {
        let findings = findings()
        #expect(findings.allSatisfy { $0.state == .ok && $0.fix == nil }, "\(findings)")
        #expect(!DoctorReport(findings: findings).isBad)
        #expect(
            Set(findings.map(\.check)) == [
                "daemon", "service", "root", "output", "state", "space", "model", "memory", "watches",
                "events",
                "processor", "clock",
            ])
    }

    /// A change to the facts, the check that sees it, how bad it is, and what its fix says.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var change: @Sendable (inout DaemonFacts) -> Void
        var check: String
        var state: Finding.State
        var fix: String?

        init(
            _ name: String, _ check: String, _ state: Finding.State, _ fix: String?,
            _ change: @escaping @Sendable (inout DaemonFacts) -> Void
        ) {
            (self.name, self.check, self.state, self.fix, self.change) = (name, check, state, fix, change)
        }

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case("root unreadable", "root", .bad, "u:jedi:rwX") {
            $0.root.readable = false
            $0.root.reason = "Permission denied"
        },
        Case("root under home", "root", .bad, "drop-in") {
            $0.root.readable = false
            $0.root.path = "/home/ada/pictures"
        },
        Case("no output", "output", .bad, "setfacl") {
            $0.unwritable = [.init(path: "/srv/jedi/mia", readable: true, writable: false, reason: "no")]
        },
        Case("state", "state", .bad, "chown -R jedi") { $0.stateFolder.writable = false },
        Case("full", "space", .bad, "make room") { $0.root.freeBytes = 1 << 20 },
        Case("nearly full", "space", .warning, nil) { $0.stateFolder.freeBytes = 100 << 20 },
        Case("no model", "model", .bad, "model check") {
            $0.engine = EngineStatus(state: .unavailable, detail: "no unet")
        },
        Case("starting", "model", .note, nil) { $0.engine = EngineStatus(state: .starting) },
        Case("loading", "model", .note, nil) { $0.engine = EngineStatus(state: .loading) },
        Case("too large", "memory", .bad, "bf16") { $0.memoryNeeded = 64 << 30 },
        Case("limited", "memory", .bad, "MemoryMax") { $0.memoryLimit = 1 << 30 },
        Case("busy memory", "memory", .warning, "end other programs") {
            $0.machine.memoryAvailable = 1 << 30
            $0.engine.state = .starting
        },
        Case("reload refused", "configuration", .bad, "config reload") { $0.configurationProblem = "line 3" },
        Case("few watches", "watches", .warning, "max_user_watches=524288") { $0.machine.maximumWatches = 5 },
        Case("very many folders", "watches", .warning, "max_user_watches=800002") { $0.folders = 400_000 },
        Case("polled for the limit", "watches", .warning, "max_user_watches") {
            $0.machine.maximumWatches = 4
            $0.polledFolders = 2
            $0.pollingReason = "the limit is reached"
        },
        Case("polled on NFS", "watches", .warning, nil) {
            $0.polledFolders = 1
            $0.pollingReason = "on NFS"
        },
        Case("few events", "events", .warning, "max_queued_events") { $0.machine.maximumQueuedEvents = 100 },
        Case("old processor", "processor", .warning, nil) { $0.machine.processorFeatures = [] },
        Case("AVX2", "processor", .note, nil) { $0.machine.processorFeatures = ["avx2"] },
        Case("no oneDNN", "processor", .warning, "libdnnl-dev") { $0.oneDNN = false },
        Case("unset clock", "clock", .bad, "timedatectl") { $0.machine.clock = 1000 },
        Case("drifting clock", "clock", .note, "timedatectl") { $0.clockIsSet = false },
    ]

    @Test(arguments: cases) func whatIsWrongIsFoundWithItsFix(_ item: Case) throws {
        let found = findings(item.change).filter { $0.check == item.check }
        let finding = try #require(found.first { $0.state == item.state }, "\(found)")
        if let fix = item.fix {
            #expect(finding.fix?.contains(fix) == true, "\(finding)")
        } else {
            #expect(finding.fix == nil, "\(finding)")
        }
        // Nothing else is the worse for it.
        let others = findings(item.change).filter { $0.check != item.check }
        #expect(others.allSatisfy { $0.state == .ok || $0.state == .note }, "\(others)")
    }

    /// Every precision is possible everywhere, and what it is good for is said.
    @Test(arguments: [
        (["avx2"], "three quarters of the time and less memory"),
        (["avx2", "avx512f"], "save memory, not time"),
        (["avx2", "avx512f", "avx512_vnni"], "faster with --precision bf16 or int8"),
        (["avx2", "avx512f", "avx512_vnni", "avx512_bf16"], "twice as fast with --precision bf16"),
    ])
    func whatPrecisionsAreGoodFor(_ features: [String], _ words: String) throws {
        let found = findings { $0.machine.processorFeatures = features }
        let finding = try #require(found.first { $0.check == "processor" })
        #expect(finding.text.contains(words), "\(finding)")
    }

    @Test func withoutADaemonTheMachineIsStillLookedAt() {
        let findings = Doctor.findings(
            Samples.local, daemon: .failure(.notRunning(searched: ["/run/jedid/jedid.sock"])))
        #expect(findings[0].state == .bad && findings[0].text == "jedid is not running")
        #expect(findings[0].fix?.contains("systemctl start jedid") == true)
        #expect(
            Set(findings.dropFirst().map(\.check)) == ["service", "watches", "events", "processor", "clock"])
    }

    @Test(
        arguments: [
            (true, true, false, true, Finding.State.bad, "systemctl start"),
            (true, true, true, false, .warning, "systemctl enable"), (true, false, true, true, nil, nil),
            (false, true, true, true, nil, nil),
        ] as [(Bool, Bool, Bool, Bool, Finding.State?, String?)])
    func theUnit(
        _ hasSystemd: Bool, _ isInstalled: Bool, _ isActive: Bool, _ isEnabled: Bool, _ state: Finding.State?,
        _ fix: String?
    ) {
        let local = LocalFacts(
            machine: Samples.facts.machine, hasSystemd: hasSystemd, unitInstalled: isInstalled,
            unitActive: isActive, unitEnabled: isEnabled)
        let unit = Doctor.findings(local, daemon: .success(Samples.facts)).first { $0.check == "service" }
        #expect(unit?.state == state)
        if let fix { #expect(unit?.fix?.contains(fix) == true) }
    }

    @Test func aDaemonStartedByHandIsNotTheService() {
        let unit = findings { $0.runsUnderSystemd = false }.first { $0.check == "service" }
        #expect(unit?.state == .note)
    }

    @Test func theTextSumsUp() {
        let text = DoctorText(style: TextStyle(colours: false, width: nil))
        #expect(text.text(DoctorReport(findings: findings())).hasSuffix("\nNothing is wrong.\n"))
        let bad = text.text(DoctorReport(findings: findings { $0.stateFolder.writable = false }))
        #expect(bad.contains("bad  state") && bad.contains("to mend: sudo chown -R jedi"))
        #expect(bad.hasSuffix("\n1 thing to mend.\n"))
    }
}
