import Foundation
import Glibc
import Synchronization

/// The other end of the pipes: runs an engine for whoever started this process, until that one is gone.
public final class WorkerService: Sendable {
    private let engine: any PictureEngine
    private let input: Int32
    private let output: Int32
    private let calls = Mutex<[UInt32: Task<Void, Never>]>([:])
    private let sending = Mutex(())

    private static let heartbeatInterval: Duration = .seconds(1)

    /// A service over this process's standard streams, which belong to the pipes from now on: what prints to standard
    /// output prints to standard error.
    public init(_ engine: any PictureEngine) {
        self.engine = engine
        // A terminal's keys and a service manager's signals mean the daemon, which tells the worker what to do; if it
        // ends without a word the pipe ends as well.
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { signal(number, SIG_IGN) }
        input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        dup2(STDERR_FILENO, STDOUT_FILENO)
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        dup2(nothing, STDIN_FILENO)
        close(nothing)
        Self.volunteer()
    }

    /// Serves until the pipe ends, and with it this process.
    public func run() async -> Never {
        let reader = Thread { [self] in read() }
        reader.name = "orders"
        reader.start()
        while true { try? await Task.sleep(for: .seconds(86_400)) }
    }

    /// If memory runs out it is the worker that the kernel should end, not the daemon.
    private static func volunteer() {
        let path = "/proc/self/oom_score_adj"
        guard let bytes = try? FileBytes.read(path, limit: 64),
            let score = Int(
                String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        else { return }
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = WorkerProcess.write(Array("\(min(score + 300, 1000))".utf8), to: descriptor)
        close(descriptor)
    }

    // MARK: Orders

    private func read() -> Never {
        do {
            while let head = WorkerProcess.readWhole(input, WorkerFrame.headLength) {
                let length = try WorkerFrame.length(head: head)
                guard let body = WorkerProcess.readWhole(input, length) else { break }
                obey(try WorkerOrder(WorkerFrame(body: body)))
            }
        } catch {
            complain("\(error)")
            _exit(EX_PROTOCOL)
        }
        // Whoever gave the orders is gone. What was being computed is of no use to anybody.
        _exit(EX_OK)
    }

    private func obey(_ order: WorkerOrder) {
        switch order {
        case .hello: send(.hello(WorkerHello(pid: getpid())))
        case .cancel(let call): calls.withLock { $0[call] }?.cancel()
        case .describe(let call):
            perform(call) { [engine] in .description(call: call, try await engine.describe()) }
        case .encodeReference(let call, let request):
            perform(call) { [engine] in .reference(call: call, try await engine.encodeReference(request)) }
        case .generate(let call, let request, let references, let checkpoint):
            perform(call) { [self] in
                let picture = try await engine.generate(
                    request, references: references, resumingFrom: checkpoint
                ) { self.send(.event(call: call, $0)) }
                return .picture(call: call, picture)
            }
        }
    }

    private func perform(_ call: UInt32, _ work: @escaping @Sendable () async throws -> WorkerReport) {
        calls.withLock { calls in
            calls[call] = Task { [self] in
                let heart = Task { await beat() }
                let report: WorkerReport
                do { report = try await work() } catch { report = .failure(call: call, WorkerFailure(error)) }
                heart.cancel()
                forget(call)
                send(report)
            }
        }
    }

    private func forget(_ call: UInt32) {
        _ = calls.withLock { $0.removeValue(forKey: call) }
    }

    /// Tells once in a while that something goes on, as long as something does.
    private func beat() async {
        var last = engine.pulse
        while (try? await Task.sleep(for: Self.heartbeatInterval)) != nil {
            let now = engine.pulse
            if now != last { send(.heartbeat) }
            last = now
        }
    }

    // MARK: Reports

    private func send(_ report: WorkerReport) {
        do {
            let bytes = try report.frame().bytes()
            let taken = sending.withLock { _ in WorkerProcess.write(bytes, to: output) }
            if !taken { _exit(EX_OK) }
        } catch {
            complain("a report cannot be sent: \(error)")
            _exit(EX_PROTOCOL)
        }
    }

    private func complain(_ text: String) {
        _ = WorkerProcess.write(Array("\(text)\n".utf8), to: STDERR_FILENO)
    }
}

private let EX_OK: Int32 = 0
private let EX_PROTOCOL: Int32 = 76
