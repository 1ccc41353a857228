import Logging
import Synchronization

/// The engine in a process of its own, which is started when it is needed and leaves when it is not.
///
/// A worker that crashes, is killed or hangs costs the call that it was at, nothing else: the next call starts another.
public actor WorkerEngine: PictureEngine {
    private var command: WorkerCommand
    private let limits: WorkerLimits
    private let time: any TimeSource
    private let pressure: @Sendable () -> Double?
    private let logger: Logger

    private var worker: WorkerConnection?
    /// What the worker at hand was started with.
    private var startedWith: WorkerCommand?
    private var starting: Task<EngineDescription, any Error>?
    private var restarts = RestartPolicy()
    private var rules: @Sendable () -> EngineRules = { EngineRules(idleTime: .seconds(300)) }
    /// The model of the worker at hand, or of the last one.
    private var known: EngineDescription?
    /// What the last caller of ``describe()`` was told.
    private var told: EngineDescription?
    private var callsUnderWay = 0
    private var idling: Task<Void, Never>?
    private nonisolated let shown = Mutex(EngineCondition.absent)

    /// An engine that starts this command when it is needed.
    public init(_ command: WorkerCommand, logger: Logger) {
        self.init(command, logger: logger, limits: WorkerLimits())
    }

    init(
        _ command: WorkerCommand, logger: Logger, limits: WorkerLimits,
        time: any TimeSource = SystemTime(),
        pressure: @escaping @Sendable () -> Double? = MemoryPressure.now
    ) {
        self.command = command
        self.logger = logger
        self.limits = limits
        self.time = time
        self.pressure = pressure
    }

    public nonisolated var condition: EngineCondition? { shown.withLock { $0 } }

    public nonisolated var residentBytes: Int64? {
        switch shown.withLock({ $0 }) {
        case .loading(let pid), .ready(let pid): ProcessMemory.residentBytes(of: pid)
        case .absent, .asleep, .unavailable: nil
        }
    }

    public func follow(_ rules: @escaping @Sendable () -> EngineRules) async {
        self.rules = rules
    }

    public func describe() async throws -> EngineDescription {
        let description = try await use(forWork: false) { $1 }
        told = description
        return description
    }

    public func encodeReference(_ request: ReferenceRequest) async throws -> EncodedReference {
        try await use(forWork: true) { worker, description in
            let report = try await worker.ask { .encodeReference(call: $0, request) }
            guard case .reference(_, let reference) = report else { throw Self.nonsense }
            return reference
        }
    }

    public func generate(
        _ request: PictureRequest, references: [EncodedReference], resumingFrom checkpoint: StepCheckpoint?,
        event: @escaping @Sendable (PictureEvent) -> Void
    ) async throws -> Picture {
        try await use(forWork: true) { worker, _ in
            let report = try await worker.ask(event: event) {
                .generate(call: $0, request, references: references, resumingFrom: checkpoint)
            }
            guard case .picture(_, let picture) = report else { throw Self.nonsense }
            return picture
        }
    }

    public func memoryNeeded(for request: PictureRequest, references: Int) async -> Int64? {
        guard let needed = known?.memoryNeeded(for: request, references: references) else { return nil }
        return max(needed - (residentBytes ?? 0), 0)
    }

    /// From the next call on, a worker that was started with this one works.
    public func update(_ command: WorkerCommand) {
        guard command != self.command else { return }
        self.command = command
        restarts = RestartPolicy()
    }

    /// The worker leaves.
    public func unload() async {
        idling?.cancel()
        starting?.cancel()
        _ = await starting?.result
        guard let worker else { return }
        await leave(worker)
    }

    private static let nonsense = EngineInterruption("the worker gave an answer to something else")

    // MARK: Using it

    /// Does something with a worker that is ready.
    private func use<Value: Sendable>(
        forWork: Bool, _ work: @Sendable (WorkerConnection, EngineDescription) async throws -> Value
    ) async throws -> Value {
        callsUnderWay += 1
        idling?.cancel()
        idling = nil
        defer {
            callsUnderWay -= 1
            if callsUnderWay == 0 { idle() }
        }
        let (worker, description) = try await ready()
        if forWork, let told, told.modelHash != description.modelHash {
            // What was prepared for the old model is of no use for the new one; nobody is told twice.
            self.told = nil
            throw EngineInterruption("the model was changed meanwhile: it is now \(description.model)")
        }
        do {
            let value = try await work(worker, description)
            if forWork { restarts.succeeded() }
            return value
        } catch {
            await settle(worker)
            throw error
        }
    }

    /// The worker at hand, or a new one.
    private func ready() async throws -> (WorkerConnection, EngineDescription) {
        // Only where nobody else is waiting for its answer.
        if let worker, startedWith != command, callsUnderWay == 1 {
            logger.info("worker \(worker.pid) leaves: the configuration asks for another")
            await leave(worker)
        }
        if let worker, let known, worker.end == nil, starting == nil { return (worker, known) }
        let start =
            starting
            ?? Task {
                if let worker { await settle(worker) }
                return try await self.start()
            }
        starting = start
        defer { starting = nil }
        let description = try await withTaskCancellationHandler {
            try await start.value
        } onCancel: {
            start.cancel()
        }
        guard let worker else { throw EngineInterruption("the worker has ended already") }
        return (worker, description)
    }

    private func start() async throws -> EngineDescription {
        if let pause = restarts.pause(at: time.now.uptime) {
            let reason = "\(pause.reason); another is started in \(Int(pause.left.inSeconds) + 1) s"
            shown.withLock { $0 = .unavailable(reason) }
            throw EngineInterruption(reason)
        }
        let worker: WorkerConnection
        do { worker = try WorkerConnection(command, limits: limits, time: time, logger: logger) } catch {
            restarts.crashed("\(error)", at: time.now.uptime)
            shown.withLock { $0 = .unavailable("the worker cannot be started: \(error)") }
            throw EngineInterruption("the worker cannot be started: \(error)")
        }
        self.worker = worker
        startedWith = command
        shown.withLock { $0 = .loading(pid: worker.pid) }
        logger.info("worker \(worker.pid) started")
        do {
            try await worker.greet()
            guard case .description(_, let description) = try await worker.ask({ .describe(call: $0) }) else {
                throw Self.nonsense
            }
            known = description
            shown.withLock { $0 = .ready(pid: worker.pid) }
            return description
        } catch let failure as EngineFailure {
            // It lives, and its model does not: there is no use in keeping it.
            await leave(worker)
            shown.withLock { $0 = .unavailable(failure.reason) }
            throw failure
        } catch {
            await settle(worker)
            throw error
        }
    }

    /// Takes note of a worker's end, if that is why a call failed.
    private func settle(_ worker: WorkerConnection) async {
        guard self.worker === worker, worker.end != nil else { return }
        let end = await worker.ended()
        guard self.worker === worker else { return }
        self.worker = nil
        logger.warning("worker \(worker.pid): \(end)")
        // A worker that was too slow to heed a wish is no broken one.
        if end != .slow, end != .told { restarts.crashed("\(end)", at: time.now.uptime) }
        shown.withLock { $0 = known == nil ? .unavailable("\(end)") : .asleep }
    }

    // MARK: Having nothing to do

    /// From now on it has nothing to do.
    private func idle() {
        guard let worker else { return }
        let began = time.now.uptime
        idling = Task { await self.watchIdle(worker, since: began) }
    }

    private func watchIdle(_ worker: WorkerConnection, since began: Duration) async {
        var policy = IdlePolicy(at: began)
        while true {
            let next = policy.nextLook(at: time.now.uptime, idleTime: rules().idleTime)
            guard (try? await time.sleep(until: next)) != nil, !Task.isCancelled, self.worker === worker
            else { return }
            if worker.end != nil {
                await settle(worker)
                return
            }
            let reason = policy.look(
                at: time.now.uptime, idleTime: rules().idleTime, pressure: pressure())
            guard let reason, callsUnderWay == 0 else { continue }
            let why =
                reason == .idle ? "it had nothing to do" : "memory is short on this machine"
            logger.info("worker \(worker.pid) leaves: \(why)")
            await leave(worker)
            return
        }
    }

    private func leave(_ worker: WorkerConnection) async {
        guard self.worker === worker else { return }
        self.worker = nil
        shown.withLock { $0 = .asleep }
        await worker.stop()
    }
}
