import ArgumentParser
import ControlAPI
import FoundationEssentials

/// How every command reaches the daemon.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .long,
        help: "The daemon's socket (else JEDID_SOCKET, else where a daemon puts it by itself).")
    var socket: String?

    @Option(name: .long, help: "Seconds to wait for an answer.")
    var timeout: Double = 10

    func validate() throws {
        guard timeout > 0, timeout <= 86_400 else {
            throw ValidationError("--timeout must be more than 0 and at most 86400 seconds.")
        }
    }

    /// A client for these options.
    var client: ControlClient {
        ControlClient(
            sockets: SocketLocation.forClient(socket, environment: ProcessInfo.processInfo.environment),
            timeout: timeout)
    }
}
