import ArgumentParser
import ControlAPI
import FoundationEssentials

/// How every command reaches the daemon, and for whom it answers.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .long,
        help: "The daemon's socket (else JEDID_SOCKET, else where a daemon puts it by itself).",
        completion: .file())
    var socket: String?

    @Option(name: .long, help: "Seconds to wait for an answer.")
    var timeout: Double = 10

    @Flag(name: .long, help: "Print JSON, in the form that its 'schema' field names.")
    var json = false

    func validate() throws {
        guard timeout > 0, timeout <= 86_400 else {
            throw ValidationError("--timeout must be more than 0 and at most 86400 seconds.")
        }
    }

    /// A client for these options.
    var client: ControlClient { client(patience: 0) }

    /// A client for what may take the daemon long.
    ///
    /// - Parameter patience: seconds that it may take at least.
    func client(patience: Double) -> ControlClient {
        ControlClient(
            sockets: SocketLocation.forClient(socket, environment: ProcessInfo.processInfo.environment),
            timeout: max(timeout, patience))
    }

    /// Asks the daemon. Without an answer the process ends, saying why.
    func ask<Answer>(
        patience: Double = 0, _ question: (ControlClient) throws(ControlError) -> Answer
    ) throws -> Answer {
        do { return try question(client(patience: patience)) } catch {
            throw ExitCode.failing("\(error)", error.exitStatus)
        }
    }

    /// Prints the answer in the form that was asked for.
    func show(_ answer: some Encodable, _ text: (TextStyle) -> String) throws {
        Terminal.print(json ? try JSONText.text(answer) : text(Terminal.style))
    }
}
