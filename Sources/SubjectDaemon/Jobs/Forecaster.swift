import ControlAPI

/// Says when jobs are done, by what was measured.
struct Forecaster: Sendable {
    let store: JobStore
    let board: RunBoard
    let gate: QueueGate
    let admission: Admission
    let session: EngineSession
    let time: any TimeSource

    /// So many jobs are looked ahead.
    private static let reach = 200

    /// Of the job under way, by the steps that it has done.
    var runningSecondsLeft: Double? { board.running(at: time.now.uptime)?.secondsLeft }

    /// Why no job is begun just now, where that is so.
    var paused: String? {
        if gate.isPaused { return "a person paused the queue; jedictl resume lets it go on" }
        return admission.quietState.sentence(admission.quietTime.clock) ?? board.paused
    }

    /// The jobs that wait in their true order, with their places and times.
    func waiting(subject: String? = nil, limit: Int) async throws -> [JobStatus] {
        guard limit > 0 else { return [] }
        let listed = try await store.waiting(subject: subject, limit: limit)
        let times = try await times(upTo: listed.last?.position ?? 0)
        return listed.map { job, position in
            var status = job.status(position: position)
            if position <= times.count {
                status.secondsUntilStart = times[position - 1].untilStart
                status.secondsLeft = times[position - 1].untilEnd
            }
            return status
        }
    }

    private func times(upTo position: Int) async throws -> [QueueForecast.Times] {
        let engine = session.status
        guard position > 0, !gate.isPaused, board.paused == nil, let modelHash = engine.modelHash,
            let width = engine.width, let height = engine.height, let mode = engine.mode
        else { return [] }
        var ahead: Double? = 0
        if board.jobID != nil { ahead = runningSecondsLeft }
        var limit: Double?
        let now = time.now.wall / 1_000_000_000
        switch admission.quietState {
        case .awake(let until): limit = until.map { Double($0 - now) }
        case .quiet(let until): ahead = until.map { Double($0 - now) }
        }
        guard ahead != nil else { return [] }
        let times = board.times
        let first = try await store.waiting(limit: min(position, Self.reach))
        let takes = first.map { job, _ in
            let kind = StepTimes.Kind(
                job.plan, modelHash: modelHash, defaultWidth: width, defaultHeight: height, defaultMode: mode)
            return times.seconds(kind, steps: job.plan.options.steps)
        }
        return QueueForecast.times(takes, ahead: ahead, limit: limit)
    }
}
