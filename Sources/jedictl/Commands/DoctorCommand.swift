import ArgumentParser
import ControlAPI

/// `jedictl doctor`: what is wrong, and what to do about it.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at everything that pictures depend on, and say how to mend what is wrong.",
        discussion: """
            Folders and their permissions, free space, the model, memory, watch limits, the processor, the service. \
            Works without a daemon as far as it can. Ends with 1 when something does not work.
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let facts = Result { () throws(ControlError) in try connection.client(patience: 30).facts() }
        let report = DoctorReport(findings: Doctor.findings(.read(), daemon: facts))
        try connection.show(report) { DoctorText(style: $0).text(report) }
        if report.isBad { throw ExitCode.failure }
    }
}

extension LocalFacts {
    /// What can be seen from here, without asking anybody.
    fileprivate static func read() -> LocalFacts {
        let units = [
            "/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system",
            "/usr/local/lib/systemd/system",
        ]
        let group = "system.slice/jedid.service"
        return LocalFacts(
            machine: .read(), hasSystemd: Paths.isFolder("/run/systemd/system"),
            unitInstalled: units.contains { Paths.exists($0 + "/jedid.service") },
            unitActive: ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"].contains {
                Paths.isFolder("\($0)/\(group)")
            },
            unitEnabled: Paths.exists("/etc/systemd/system/multi-user.target.wants/jedid.service"))
    }
}
