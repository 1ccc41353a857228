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

    /// How the engine is, for `status`.
    var status: EngineStatus { known.withLock { $0 } }

    /// The model, asked of the engine each time: it knows whether it is loaded.
    func description() async throws -> EngineDescription {
        do {
            let description = try await engine.describe()
            let before = known.withLock { status in
                defer {
                    status = EngineStatus(
                        state: .ready, model: description.model, modelHash: description.modelHash,
                        mode: description.defaultMode, width: description.width, height: description.height)
                }
                return status.state
            }
            if before != .ready {
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
