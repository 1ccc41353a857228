import Logging
import Synchronization

/// A worker and the calls that it has not answered yet.
final class WorkerConnection: Sendable {
    /// A call that waits for its answer.
    private struct Call {
        let answer: CheckedContinuation<WorkerReport, any Error>
        let event: @Sendable (PictureEvent) -> Void
    }

    private struct State {
        var calls: [UInt32: Call] = [:]
        var cancelled: Set<UInt32> = []
        var lastCall: UInt32 = 0
        var watch: HangWatch
        var isWatched = false
        var end: WorkerEnd?
        var ending: [CheckedContinuation<WorkerEnd, Never>] = []
        var lines = LineBudget(100, in: .seconds(60))
    }

    /// The number of the call that a hello answers.
    private static let helloCall: UInt32 = 0

    private let process: WorkerProcess
    private let limits: WorkerLimits
    private let time: any TimeSource
    private let logger: Logger
    private let state: Mutex<State>

    var pid: Int32 { process.pid }

    /// Starts a worker.
    init(
        _ command: WorkerCommand, limits: WorkerLimits, time: any TimeSource, logger: Logger
    ) throws(SystemCallError) {
        process = try WorkerProcess(command)
        self.limits = limits
        self.time = time
        self.logger = logger
        state = Mutex(State(watch: HangWatch(floor: limits.silence, at: time.now.uptime)))
        process.listen(
            .init(
                received: { [weak self] in self?.receive($0) },
                // A thread of the process holds on to this until its end has been told.
                said: { [self] in log($0) }, ended: { [self] in end($0) }))
    }

    /// How it ended, if it has.
    var end: WorkerEnd? { state.withLock { $0.end } }

    /// Greets it; another version than this program's own is refused.
    func greet() async throws {
        let answer = try await ask { _ in .hello(WorkerHello(pid: 0)) }
        guard case .hello(let hello) = answer, hello.version == WorkerHello(pid: 0).version else {
            process.kill(because: .misunderstood("it is of another version than jedid"))
            throw EngineInterruption("the worker is of another version than jedid; start jedid again")
        }
    }

    /// Asks for something and waits for the answer.
    ///
    /// A cancelled task tells the worker, which stops at its next step. If that takes it too long it is killed: what
    /// it got done is in its last checkpoint.
    ///
    /// - Throws: what the engine there threw, or ``EngineInterruption`` if the worker came to its end.
    func ask(
        event: @escaping @Sendable (PictureEvent) -> Void = { _ in },
        _ order: (UInt32) -> WorkerOrder
    ) async throws -> WorkerReport {
        let call = state.withLock { state in
            if case .hello = order(Self.helloCall) { return Self.helloCall }
            state.lastCall += 1
            return state.lastCall
        }
        let frame: WorkerFrame
        do { frame = try order(call).frame() } catch {
            throw EngineFailure("the picture cannot be asked of the worker: \(error)")
        }
        let report = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { answer in
                begin(call, Call(answer: answer, event: event), frame)
            }
        } onCancel: {
            cancel(call)
        }
        if case .failure(_, let failure) = report { throw failure.error }
        return report
    }

    /// Ends it in order, or at once where it takes too long, and waits for that.
    func stop() async {
        process.tell()
        let grace = Task { [time, limits, process] in
            guard (try? await time.sleep(until: time.now.uptime + limits.stopGrace)) != nil else { return }
            process.kill(because: .slow)
        }
        _ = await ended()
        grace.cancel()
    }

    /// Waits until it has ended.
    func ended() async -> WorkerEnd {
        await withCheckedContinuation { waiting in
            let end: WorkerEnd? = state.withLock { state in
                if state.end == nil { state.ending.append(waiting) }
                return state.end
            }
            if let end { waiting.resume(returning: end) }
        }
    }

    // MARK: Calls

    private func begin(_ number: UInt32, _ call: Call, _ frame: WorkerFrame) {
        let now = time.now.uptime
        let (refusal, startsWatch) = state.withLock { state -> ((any Error)?, Bool) in
            if state.cancelled.contains(number) { return (CancellationError(), false) }
            if let end = state.end { return (EngineInterruption("\(end)"), false) }
            state.calls[number] = call
            state.watch.sign(at: now)
            defer { state.isWatched = true }
            return (nil, !state.isWatched)
        }
        if let refusal {
            call.answer.resume(throwing: refusal)
            return
        }
        if startsWatch { watch() }
        do { try process.send(frame) } catch {
            state.withLock { $0.calls.removeValue(forKey: number) }?.answer
                .resume(throwing: EngineFailure("the picture cannot be asked of the worker: \(error)"))
        }
    }

    private func cancel(_ number: UInt32) {
        let isUnderWay = state.withLock { state in
            state.cancelled.insert(number)
            return state.calls[number] != nil
        }
        guard isUnderWay else { return }
        if number != Self.helloCall, let frame = try? WorkerOrder.cancel(call: number).frame() {
            try? process.send(frame)
        }
        Task { [time, limits, process, weak self] in
            try? await time.sleep(until: time.now.uptime + limits.cancelGrace)
            guard let self, self.state.withLock({ $0.calls[number] != nil }) else { return }
            process.kill(because: .slow)
        }
    }

    /// Looks at it as long as there are calls.
    private func watch() {
        Task { [weak self] in
            while let self, let next = self.look() { try? await self.time.sleep(until: next) }
        }
    }

    /// - Returns: when to look again.
    private func look() -> Duration? {
        let now = time.now.uptime
        let (silence, next) = state.withLock { state -> (Duration?, Duration?) in
            guard !state.calls.isEmpty, state.end == nil else {
                state.isWatched = false
                return (nil, nil)
            }
            return (state.watch.look(at: now), now + state.watch.interval)
        }
        if let silence { process.kill(because: .silent(seconds: Int(silence.inSeconds))) }
        return next
    }

    // MARK: What comes

    private func receive(_ frame: WorkerFrame) {
        let report: WorkerReport
        do { report = try WorkerReport(frame) } catch {
            process.kill(because: .misunderstood("\(error)"))
            return
        }
        let now = time.now.uptime
        state.withLock { $0.watch.sign(at: now) }
        switch report {
        case .heartbeat: break
        case .event(let call, let event): state.withLock { $0.calls[call]?.event }?(event)
        case .hello: answer(Self.helloCall, report)
        case .description(let call, _), .reference(let call, _), .picture(let call, _), .failure(let call, _):
            answer(call, report)
        }
    }

    private func answer(_ number: UInt32, _ report: WorkerReport) {
        let call = state.withLock { state in
            state.cancelled.remove(number)
            return state.calls.removeValue(forKey: number)
        }
        call?.answer.resume(returning: report)
    }

    private func log(_ line: String) {
        let now = time.now.uptime
        for line in state.withLock({ $0.lines.lines(for: line, at: now) }) {
            logger.info("worker \(pid): \(line)")
        }
    }

    private func end(_ end: WorkerEnd) {
        let (calls, cancelled, ending) = state.withLock { state in
            state.end = end
            defer { (state.calls, state.ending) = ([:], []) }
            return (state.calls, state.cancelled, state.ending)
        }
        for (number, call) in calls {
            call.answer.resume(
                throwing: cancelled.contains(number) ? CancellationError() : EngineInterruption("\(end)"))
        }
        for waiting in ending { waiting.resume(returning: end) }
    }
}

/// How long a worker may take.
struct WorkerLimits: Sendable {
    /// No shorter silence counts as a hang.
    var silence: Duration = .seconds(600)
    /// From the wish to cancel to the end of a worker that does not heed it.
    var cancelGrace: Duration = .seconds(10)
    /// From the order to leave to the end of a worker that does not.
    var stopGrace: Duration = .seconds(5)
}
