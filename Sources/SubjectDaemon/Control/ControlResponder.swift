import ControlAPI
import FoundationEssentials
import Logging

/// Answers control requests.
struct ControlResponder: Sendable {
    let composer: StatusComposer
    let queue: any QueueControl
    let cache: CacheKeeper
    let models: ModelLibrary
    let locator: PhotoLocator
    let examiner: DaemonExaminer
    let configuration: ConfigurationKeeper
    let logs: LogBuffer
    let rights: ControlRights
    let logger: Logger

    /// The reply to one line.
    ///
    /// - Parameter peer: who asks; not everybody may change something.
    func reply(to line: [UInt8], from peer: ControlPeer?) async -> ControlReply {
        let request: ControlRequest
        switch Self.parse(line) {
        case .success(let parsed): request = parsed
        case .failure(let refusal): return refusal.reply
        }
        guard let command = request.command else {
            let known = ControlCommand.Name.allCases.map(\.rawValue).joined(separator: ", ")
            return ControlReply(
                id: request.id,
                error: ControlFailure(
                    .unknownCommand,
                    "this jedid (\(ProductVersion.current)) does not know '\(request.name.prefix(80))'; it knows: \(known)."
                ))
        }
        if command.changesSomething {
            if let refusal = rights.refusal(of: peer) {
                logger.warning(
                    "refused '\(command.name.rawValue)' to \(peer?.description ?? "somebody unknown")")
                return ControlReply(id: request.id, error: refusal)
            }
            logger.notice("\(peer?.description ?? "somebody") asks for: \(command.summary)")
        }
        var reply = ControlReply(id: request.id)
        do {
            try await answer(command, in: &reply)
        } catch {
            reply = ControlReply(id: request.id, error: failure(error, of: command))
        }
        return reply
    }

    private func failure(_ error: any Error, of command: ControlCommand) -> ControlFailure {
        switch error {
        case let failure as ControlFailure: return failure
        case let refusal as QueueRefusal: return ControlFailure(.refused, refusal.reason)
        case let error as ModelLibraryError: return ControlFailure(.refused, "\(error)")
        default:
            logger.error("'\(command.name.rawValue)' could not be done: \(error)")
            return ControlFailure(.failed, "jedid could not do that: \(error)")
        }
    }

    private func answer(_ command: ControlCommand, in reply: inout ControlReply) async throws {
        switch command {
        case .status: reply.status = try await composer.report()
        case .locate(let references): reply.location = await locator.locate(references)
        case .listCache: reply.cache = try await cache.list()
        case .clearCache(let selection): reply.cache = try await cache.clear(selection)
        case .verifyCache: reply.cache = try await cache.verify()
        case .listModels: reply.models = try await models.list()
        case .importModel(let folder, let name):
            reply.models = try await models.take(folder, as: name)
        case .checkModel(let model): reply.modelCheck = try await models.check(model)
        case .configuration: reply.configuration = await configuration.report
        case .reloadConfiguration: reply.configuration = await configuration.reload()
        case .logs(let query): reply.logs = logs.report(query)
        case .doctor:
            reply.facts = await examiner.facts(configurationProblem: await configuration.problem)
        case .jobs, .pause, .resume, .cancel, .retry, .rerun, .move, .prioritize, .generate, .preview,
            .retention, .metrics:
            try await order(command, in: &reply)
        }
    }

    /// What the queue does.
    private func order(_ command: ControlCommand, in reply: inout ControlReply) async throws {
        switch command {
        case .jobs(var query):
            query.limit = min(max(query.limit, 1), 10_000)
            reply.jobs = Self.report(try await queue.jobs(query))
        case .pause:
            try await queue.pause()
            reply.queue = QueueReport(paused: true)
        case .resume:
            try await queue.resume()
            reply.queue = QueueReport(paused: false)
        case .cancel(let selection): reply.jobs = Self.report(try await queue.cancel(selection))
        case .retry(let selection): reply.jobs = Self.report(try await queue.retry(selection))
        case .rerun(let selection, let newSeed):
            reply.jobs = Self.report(try await queue.rerun(selection, newSeed: newSeed))
        case .move(let id, let place): reply.jobs = Self.report([try await queue.move(id, to: place)])
        case .prioritize(let selection, let priority):
            reply.jobs = Self.report(try await queue.prioritize(selection, min(max(priority, -100), 100)))
        case .generate(let order):
            if let problem = OrderRules.problem(with: order) { throw ControlFailure(.refused, problem) }
            reply.jobs = Self.report(try await queue.order(order))
        case .preview:
            guard let preview = try await queue.preview() else {
                throw ControlFailure(
                    .refused, "there is no preview: no picture is under way, or its first step is not done.")
            }
            reply.preview = PreviewReport(
                step: preview.progress.step, steps: preview.progress.total, png: Data(preview.png))
        case .retention(let dryRun):
            reply.retention = RetentionReport(
                dryRun: dryRun, pictures: try await queue.applyRetention(dryRun: dryRun))
        case .metrics: reply.metrics = MetricsReport(text: try await queue.metrics())
        default: break
        }
    }

    private static func report(_ jobs: [JobStatus]) -> JobsReport {
        JobsReport(madeAt: .now, jobs: jobs)
    }
}
