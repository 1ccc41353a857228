import Foundation

/// A user and mount namespace of this program's own, in which it may set limits and mount disks that nobody else
/// sees.
enum UserNamespace {
    private static let mark = "JEDI_FAULTS_NAMESPACE"

    static let reason = "it needs a user namespace: unshare --user --map-root-user --mount does not work here"

    static var isEntered: Bool { ProcessInfo.processInfo.environment[mark] == "1" }

    /// Begins this program anew in one, if that is possible; returns otherwise.
    static func enter() {
        guard ProcessInfo.processInfo.environment[mark] == nil else { return }
        let unshare = ["unshare", "--user", "--map-root-user", "--mount"]
        let probe = Process()
        probe.executableURL = URL(filePath: "/usr/bin/env")
        probe.arguments = unshare + ["true"]
        probe.standardError = FileHandle.nullDevice
        guard (try? probe.run()) != nil else { return }
        probe.waitUntilExit()
        guard probe.terminationStatus == 0 else { return }
        setenv(mark, "1", 1)
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path
        var arguments = (["env"] + unshare + [program] + CommandLine.arguments.dropFirst()).map { strdup($0) }
        arguments.append(nil)
        execv("/usr/bin/env", arguments)
        unsetenv(mark)
    }
}
