import CLinux
import ControlAPI
import Glibc
import Tensors

/// Sees what `jedictl doctor` cannot see from outside.
struct DaemonExaminer: Sendable {
    let live: LiveConfiguration
    let monitor: SubjectMonitor
    let session: EngineSession
    let files: FileThread

    /// What is so now.
    func facts(configurationProblem: String?) async -> DaemonFacts {
        let configuration = live.current
        let statuses = await monitor.subjectStatuses(counts: [:]) { _ in false }
        let present = statuses.filter { $0.state != .unavailable }.map(\.name)
        let polled = statuses.filter { $0.backend == .polling }
        let seen = try? await files.run {
            (
                root: Self.folder(configuration.root), state: Self.folder(configuration.stateFolder),
                unwritable: Self.unwritable(present, in: configuration.root)
            )
        }
        let unseen = { DaemonFacts.Folder(path: $0, readable: false, writable: false, reason: "jedid ends") }
        return DaemonFacts(
            machine: .read(), user: UserName.of(geteuid()) ?? String(geteuid()),
            runsUnderSystemd: getenv("INVOCATION_ID") != nil,
            root: seen?.root ?? unseen(configuration.root),
            stateFolder: seen?.state ?? unseen(configuration.stateFolder), unwritable: seen?.unwritable ?? [],
            folders: present.count, polledFolders: polled.count, pollingReason: polled.first?.backendReason,
            freeBytesNeeded: configuration.freeBytesNeeded, engine: session.status,
            memoryNeeded: configuration.freeMemoryNeeded, memoryLimit: Self.memoryLimit,
            oneDNN: CPUConfiguration.hasOneDNN, configurationProblem: configurationProblem,
            clockIsSet: Self.clockIsSet)
    }

    private static func folder(_ path: String) -> DaemonFacts.Folder {
        var folder = DaemonFacts.Folder(path: path, readable: true, writable: true)
        if faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) != 0 {
            folder.readable = false
            folder.reason = String(cString: strerror(errno))
        }
        if faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0 {
            folder.writable = false
            folder.reason = folder.reason ?? String(cString: strerror(errno))
        }
        folder.freeBytes = DiskSpace.free(at: path)
        return folder
    }

    /// The folder for pictures where it is there, else the subject's own.
    private static func unwritable(_ subjects: [String], in root: String) -> [DaemonFacts.Folder] {
        var folders: [DaemonFacts.Folder] = []
        for subject in subjects where folders.count < 100 {
            let own = "\(root)/\(subject)"
            let output = own + "/" + FileRules.outputName
            let folder = folder(access(output, F_OK) == 0 ? output : own)
            if !folder.writable { folders.append(folder) }
        }
        return folders
    }

    /// The most that the control group of this process may take, if it has a limit.
    private static var memoryLimit: Int64? {
        guard let bytes = try? FileBytes.read("/proc/self/cgroup", limit: 64 << 10) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let group = lines.first(where: { $0.hasPrefix("0::") })?.dropFirst(3),
            let limit = try? FileBytes.read("/sys/fs/cgroup\(group)/memory.max", limit: 64)
        else { return nil }
        return Int64(String(decoding: limit.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    private static var clockIsSet: Bool? {
        let answer = jedi_clock_is_kept_right()
        return answer < 0 ? nil : answer == 1
    }
}
