import CLinux
import Glibc

/// A command in a session of its own, waited for so long and listened to so far.
enum HookProcess {
    /// How it ended.
    struct Result: Sendable, Equatable {
        /// The first lines of what it said.
        var lines: [String] = []
        /// What went wrong, to stand behind the command's name; nil where nothing did.
        var problem: String?
    }

    private static let outputLimit = 4096
    private static let lineLimit = 20
    /// From one look at whether it has ended to the next, in milliseconds.
    private static let patience: Int32 = 50

    /// Runs it and waits for it. Blocks the thread.
    ///
    /// - Parameters:
    ///   - command: the program, by path or to be found in PATH, and its arguments.
    ///   - timeLimit: after it the command and all that it started is killed.
    ///   - isEnded: true leaves it to itself.
    static func run(
        _ command: [String], environment: [String: String], timeLimit: Duration, isEnded: () -> Bool
    ) -> Result {
        var ends: [Int32] = [-1, -1]
        let piped = jedi_pipe(&ends)
        guard piped == 0 else { return notStarted(-piped) }
        defer { close(ends[0]) }
        let (process, number) = spawn(command, environment, output: ends[1])
        close(ends[1])
        guard let process else { return notStarted(number) }
        let end = ContinuousClock.now + timeLimit
        var output: [UInt8] = []
        while true {
            listen(ends[0], &output)
            var status: Int32 = 0
            let ended = waitpid(process, &status, WNOHANG)
            if ended == process {
                listen(ends[0], &output)
                return Result(lines: lines(output), problem: problem(status))
            }
            if ended < 0 && errno != EINTR { return Result(lines: lines(output)) }
            if isEnded() {
                return Result(
                    lines: lines(output), problem: "still ran when jedid ended; it is left to itself")
            }
            if ContinuousClock.now > end {
                kill(-process, SIGKILL)
                while waitpid(process, &status, 0) < 0 && errno == EINTR {}
                return Result(
                    lines: lines(output), problem: "took longer than \(timeLimit.inSeconds) s and was killed")
            }
        }
    }

    private static func spawn(
        _ command: [String], _ environment: [String: String], output: Int32
    ) -> (pid_t?, Int32) {
        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var process = pid_t()
        let result = jedi_spawn_session(&arguments, &variables, output, &process)
        return result == 0 ? (process, 0) : (nil, -result)
    }

    /// Takes what it says, waiting for a moment. What is beyond the limit is read and forgotten.
    private static func listen(_ descriptor: Int32, _ output: inout [UInt8]) {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // Nobody is at the other end any more: nothing wakes the call, so the time passes otherwise.
        guard poll(&wait, 1, patience) > 0 else { return }
        var chunk = [UInt8](repeating: 0, count: outputLimit)
        var taken = 0
        while taken < 64 {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress!, $0.count) }
            if count == 0 { usleep(useconds_t(patience) * 1000) }
            guard count > 0 else { return }
            output += chunk[..<count].prefix(max(outputLimit - output.count, 0))
            taken += 1
        }
    }

    private static func lines(_ output: [UInt8]) -> [String] {
        String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline).prefix(lineLimit)
            .map { PlainLogHandler.oneLine(String($0)) }
    }

    private static func problem(_ status: Int32) -> String? {
        let signal = status & 0x7F
        if signal != 0 { return "was ended by signal \(signal)" }
        let code = (status >> 8) & 0xFF
        return code == 0 ? nil : "ended with status \(code)"
    }

    private static func notStarted(_ number: Int32) -> Result {
        Result(
            problem:
                "could not be started: \(String(cString: strerror(number))); name a program that jedid's user may run"
        )
    }
}
