import ControlAPI
import Logging
import Synchronization

/// The engine together with what is known of it.
final class EngineSession: Sendable {
    let engine: any PictureEngine
    private let known = Mutex(EngineStatus(state: .starting))
    private let logger: Logger

    init(engine: any PictureEngine, logger: Logger) {
        self.engine = engine
        self.logger = logger
    }

    /// How the engine is, for `status`. What is known of the model stays known while it is away.
    var status: EngineStatus {
        var status = known.withLock { $0 }
        switch engine.condition {
        case nil: break
        case .absent: if status.state != .unavailable { status.state = .starting }
        case .loading(let pid): (status.state, status.pid) = (.loading, pid)
        case .ready(let pid): (status.state, status.pid) = (.ready, pid)
        case .asleep: if status.state != .unavailable { status.state = .asleep }
        case .unavailable(let reason): (status.state, status.detail) = (.unavailable, reason)
        }
        if status.state != .unavailable { status.detail = nil }
        status.residentBytes = engine.residentBytes
        return status
    }

    /// The model, asked of the engine before each job: it knows whether it is loaded.
    func description() async throws -> EngineDescription {
        do {
            let description = try await engine.describe()
            let isNews = known.withLock { status in
                let new = EngineStatus(
                    state: .ready, model: description.model, modelHash: description.modelHash,
                    mode: description.defaultMode, width: description.width, height: description.height)
                defer { status = new }
                return status != new
            }
            if isNews {
                logger.notice(
                    "model \(description.model) is ready: \(description.width)x\(description.height), mode \(description.defaultMode)"
                )
            }
            return description
        } catch {
            guard !(error is CancellationError) else { throw error }
            let before = known.withLock { status in
                defer {
                    status.state = .unavailable
                    status.detail = "\(error)"
                }
                return status.detail
            }
            if before != "\(error)" { logger.error("the model cannot be used: \(error)") }
            throw error
        }
    }
}
