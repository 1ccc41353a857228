import CLinux
import Dispatch
import Foundation
import Glibc
import Synchronization

/// A worker's process and its pipes.
///
/// Three threads wait for it: one reads what it sends and then waits for its end, one reads what it says on its
/// standard error, and one writes, while there is something to write.
final class WorkerProcess: Sendable {
    /// What is told of it, on threads of its own.
    struct Listener: Sendable {
        var received: @Sendable (WorkerFrame) -> Void
        var said: @Sendable (String) -> Void
        var ended: @Sendable (WorkerEnd) -> Void
    }

    private struct State {
        var input: Int32?
        var isReaped = false
        /// Why this process ended it.
        var verdict: WorkerEnd?
    }

    let pid: pid_t
    private let state: Mutex<State>
    private let output: Int32
    private let writing = DispatchQueue(label: "worker input")

    /// Starts it. Nothing is told before ``listen(_:)``.
    init(_ command: WorkerCommand) throws(SystemCallError) {
        // A worker that is gone must not take the daemon with it.
        signal(SIGPIPE, SIG_IGN)
        var child = jedi_child()
        let result = Self.withArguments(command.arguments) { arguments in
            Self.withArguments(command.variables(own: ProcessInfo.processInfo.environment)) { variables in
                jedi_start(command.executable, arguments, variables, &child)
            }
        }
        guard result == 0 else { throw SystemCallError("start", command.executable, -result) }
        pid = child.pid
        output = child.output
        errors = child.errors
        state = Mutex(State(input: child.input))
    }

    private let errors: Int32

    /// Begins to listen.
    func listen(_ listener: Listener) {
        Self.thread("worker output") { [self] in
            read(listener)
            listener.ended(wait())
        }
        Self.thread("worker errors") { [errors] in
            var lines = LineCutter()
            while let bytes = Self.read(errors, upTo: 4096) {
                for line in lines.take(bytes) { listener.said(line) }
            }
            if let line = lines.rest() { listener.said(line) }
            close(errors)
        }
    }

    /// Sends a message, after those before it. What it cannot take any more is let go: its end is about to be told.
    func send(_ frame: WorkerFrame) throws(WorkerFrameError) {
        let bytes = try frame.bytes()
        writing.async { [self] in
            guard let input = state.withLock({ $0.input }) else { return }
            _ = Self.write(bytes, to: input)
        }
    }

    /// Ends it in order: it leaves when nobody is there any more to give it orders.
    func tell() {
        state.withLock { if $0.verdict == nil { $0.verdict = .told } }
        closeInput()
    }

    /// Ends it at once.
    func kill(because verdict: WorkerEnd) {
        state.withLock { state in
            guard !state.isReaped else { return }
            if state.verdict == nil || state.verdict == .told { state.verdict = verdict }
            Glibc.kill(pid, SIGKILL)
        }
    }

    private func closeInput() {
        // After what is still to be written, which must not go to another file of that number.
        writing.async { [self] in
            state.withLock { state in
                if let input = state.input { close(input) }
                state.input = nil
            }
        }
    }

    // MARK: What it sends

    private func read(_ listener: Listener) {
        do throws(WorkerFrameError) {
            while let head = Self.readWhole(output, WorkerFrame.headLength) {
                let length = try WorkerFrame.length(head: head)
                guard let body = Self.readWhole(output, length) else { throw .damaged }
                listener.received(try WorkerFrame(body: body))
            }
        } catch {
            kill(because: .misunderstood("\(error)"))
        }
    }

    /// Waits for its end; it may still be spoken of until then, and not after.
    private func wait() -> WorkerEnd {
        // Nothing more is understood of it: a process that goes on all the same has no use.
        close(output)
        closeInput()
        var information = siginfo_t()
        if !exited(within: 5, &information) {
            kill(because: .slow)
            while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        }
        return state.withLock { state in
            state.isReaped = true
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            return state.verdict ?? WorkerEnd(waitStatus: status)
        }
    }

    private func exited(within seconds: Int, _ information: inout siginfo_t) -> Bool {
        for _ in 0..<seconds * 100 {
            information.si_signo = 0
            if waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT | WNOHANG) == 0,
                information.si_signo != 0
            {
                return true
            }
            usleep(10_000)
        }
        return false
    }

    // MARK: System calls

    private static func thread(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = name
        thread.stackSize = 512 << 10
        thread.start()
    }

    /// Nil at the end.
    static func read(_ descriptor: Int32, upTo count: Int) -> [UInt8]? {
        while true {
            var got = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                got = Glibc.read(descriptor, buffer.baseAddress, count)
                filled = max(got, 0)
            }
            if got > 0 { return bytes }
            if got == 0 || errno != EINTR { return nil }
        }
    }

    /// So many bytes; nil where the end comes before. Memory is taken as they come, not as they are announced.
    static func readWhole(_ descriptor: Int32, _ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = read(descriptor, upTo: min(count - bytes.count, 1 << 20)) else { return nil }
            bytes += more
        }
        return bytes
    }

    /// Whether all of it was taken.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
                if count < 0, errno != EINTR { return false }
                done += max(count, 0)
            }
            return true
        }
    }

    private static func withArguments<Result>(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return body(&pointers)
    }
}
