/// What a client can ask of the daemon.
public enum ControlCommand: Sendable, Equatable {
    /// Everything that ``StatusReport`` holds.
    case status
    /// The jobs of a query.
    case jobs(JobQuery)
    /// Begin no further picture.
    case pause
    /// Go on.
    case resume
    /// Take jobs back.
    case cancel(JobSelection)
    /// Try jobs again that failed, were held or taken back.
    case retry(JobSelection)
    /// Make pictures once more.
    case rerun(JobSelection, newSeed: Bool)
    /// Put a job somewhere else in the queue.
    case move(id: String, to: QueuePlace)
    /// Give jobs another priority.
    case prioritize(JobSelection, Int)
    /// Make a picture that no prompt file asks for.
    case generate(PictureOrder)
    /// The newest preview of the picture under way.
    case preview
    /// The encoded photos that are kept.
    case listCache
    /// Forget encoded photos.
    case clearCache(CacheSelection)
    /// Read every encoded photo and drop what is damaged.
    case verifyCache
    /// The models that are there.
    case listModels
    /// Copy a model into the state folder.
    case importModel(folder: String, name: String)
    /// Load a model in a process of its own and say what comes of it.
    case checkModel(String)
    /// Which subjects hold these photos.
    case locate([PictureParameters.Reference])
    /// What is configured, and where each value comes from.
    case configuration
    /// Read the configuration again.
    case reloadConfiguration
    /// Remove pictures as the retention rules say.
    case retention(dryRun: Bool)
    /// What the daemon logged last.
    case logs(LogQuery)
    /// The counters and gauges in Prometheus' text form.
    case metrics
    /// What only the daemon can see of the machine and of itself.
    case doctor

    /// The command's name on the wire. None ever changes.
    public enum Name: String, Sendable, CaseIterable {
        case status, jobs, pause, resume, cancel, retry, rerun, move, prioritize, generate, preview
        case listCache = "cache.list"
        case clearCache = "cache.clear"
        case verifyCache = "cache.verify"
        case listModels = "model.list"
        case importModel = "model.import"
        case checkModel = "model.check"
        case locate
        case configuration = "config"
        case reloadConfiguration = "config.reload"
        case retention, logs, metrics, doctor
    }

    /// The command's name on the wire.
    public var name: Name {
        switch self {
        case .status: .status
        case .jobs: .jobs
        case .pause: .pause
        case .resume: .resume
        case .cancel: .cancel
        case .retry: .retry
        case .rerun: .rerun
        case .move: .move
        case .prioritize: .prioritize
        case .generate: .generate
        case .preview: .preview
        case .listCache: .listCache
        case .clearCache: .clearCache
        case .verifyCache: .verifyCache
        case .listModels: .listModels
        case .importModel: .importModel
        case .checkModel: .checkModel
        case .locate: .locate
        case .configuration: .configuration
        case .reloadConfiguration: .reloadConfiguration
        case .retention: .retention
        case .logs: .logs
        case .metrics: .metrics
        case .doctor: .doctor
        }
    }

    /// Whether it changes something, which not everybody may.
    public var changesSomething: Bool {
        switch self {
        case .status, .jobs, .preview, .listCache, .listModels, .locate, .configuration, .logs, .metrics,
            .doctor:
            false
        case .retention(let dryRun):
            !dryRun
        case .pause, .resume, .cancel, .retry, .rerun, .move, .prioritize, .generate, .clearCache,
            .verifyCache, .importModel, .checkModel, .reloadConfiguration:
            true
        }
    }
}
