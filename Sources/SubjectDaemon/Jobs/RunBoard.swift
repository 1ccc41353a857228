import ControlAPI
import FoundationEssentials
import Synchronization

/// What the job runner is at, for whoever asks.
final class RunBoard: Sendable {
    private struct State {
        var job: Job?
        var startedAt = Date(timeIntervalSince1970: 0)
        var began = Duration.zero
        var phase = RunningJobStatus.Phase.encoding
        var course: StepCourse?
        var kind: StepTimes.Kind?
        var times: StepTimes
        var paused: String?
    }

    private let state: Mutex<State>
    /// Raised whenever something here becomes another.
    let changed = Signal()

    /// - Parameter times: what was measured before.
    init(times: StepTimes = StepTimes()) {
        state = Mutex(State(times: times))
    }

    /// How long pictures take.
    var times: StepTimes { state.withLock { $0.times } }

    /// The name of the job under way.
    var jobID: String? { state.withLock { $0.job?.plan.shortID } }

    /// Why no job is begun.
    var paused: String? { state.withLock { $0.paused } }

    /// Notes why no job is begun, or that nothing is in the way any more.
    ///
    /// - Returns: whether that is new.
    @discardableResult
    func pause(_ reason: String?) -> Bool {
        let isNew = state.withLock { state in
            defer { state.paused = reason }
            return state.paused != reason
        }
        if isNew { changed.raise() }
        return isNew
    }

    /// A job is begun.
    func begin(_ job: Job, at now: Duration) {
        defer { changed.raise() }
        state.withLock { state in
            state.job = job
            state.job?.attempts += 1
            state.job?.state = .running
            state.startedAt = .now
            state.began = now
            state.phase = .encoding
            state.course = nil
        }
    }

    /// Its references are ready.
    func beginSteps(of kind: StepTimes.Kind, at now: Duration) {
        defer { changed.raise() }
        state.withLock { state in
            state.phase = .denoising
            state.kind = kind
            state.course = StepCourse(began: now, expected: state.times.measured(kind))
        }
    }

    /// A step is done.
    func advance(_ progress: StepProgress, at now: Duration) {
        defer { changed.raise() }
        state.withLock { state in
            state.course?.advance(progress, at: now)
            if state.course?.isThrough == true { state.phase = .decoding }
        }
    }

    /// The picture is finished and is written.
    ///
    /// - Returns: what it took, where that was seen.
    @discardableResult
    func beginWriting(at now: Duration) -> (kind: StepTimes.Kind, measure: StepTimes.Measure)? {
        defer { changed.raise() }
        return state.withLock { state in
            state.phase = .writing
            guard let kind = state.kind, let measure = state.course?.measure(at: now) else { return nil }
            state.times.take(measure, of: kind)
            return (kind, measure)
        }
    }

    /// The job ended, one way or another.
    func end() {
        defer { changed.raise() }
        state.withLock { state in
            state.job = nil
            state.course = nil
            state.kind = nil
        }
    }

    /// Since the job was begun, whatever the calendar's clock did meanwhile.
    func seconds(at now: Duration) -> Double {
        state.withLock { (now - $0.began).inSeconds }
    }

    /// For `status`.
    func running(at now: Duration) -> RunningJobStatus? {
        state.withLock { state in
            guard let job = state.job else { return nil }
            return RunningJobStatus(
                job: job.status(), phase: state.phase, step: state.course?.step ?? 0,
                steps: state.course?.total ?? 0, percent: state.course?.percent ?? 0,
                startedAt: state.startedAt,
                secondsPerStep: state.course?.secondsPerStep,
                secondsLeft: state.phase == .writing ? nil : state.course?.secondsLeft(at: now))
        }
    }
}
