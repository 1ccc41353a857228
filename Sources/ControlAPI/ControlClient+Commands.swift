extension ControlClient {
    /// How the daemon and everything it looks after are.
    public func status() throws(ControlError) -> StatusReport {
        try ask(.status) { $0.status }
    }

    /// The jobs of a query.
    public func jobs(_ query: JobQuery) throws(ControlError) -> JobsReport {
        try ask(.jobs(query)) { $0.jobs }
    }

    /// Begins no further picture, or goes on.
    public func setPaused(_ paused: Bool) throws(ControlError) -> QueueReport {
        try ask(paused ? .pause : .resume) { $0.queue }
    }

    /// Takes jobs back.
    ///
    /// - Returns: those that were taken back.
    public func cancel(_ selection: JobSelection) throws(ControlError) -> JobsReport {
        try ask(.cancel(selection)) { $0.jobs }
    }

    /// Tries jobs again.
    ///
    /// - Returns: those that wait again.
    public func retry(_ selection: JobSelection) throws(ControlError) -> JobsReport {
        try ask(.retry(selection)) { $0.jobs }
    }

    /// Makes pictures once more.
    ///
    /// - Returns: the new jobs.
    public func rerun(_ selection: JobSelection, newSeed: Bool) throws(ControlError) -> JobsReport {
        try ask(.rerun(selection, newSeed: newSeed)) { $0.jobs }
    }

    /// Puts a job somewhere else in the queue.
    public func move(_ id: String, to place: QueuePlace) throws(ControlError) -> JobsReport {
        try ask(.move(id: id, to: place)) { $0.jobs }
    }

    /// Gives jobs another priority.
    public func prioritize(_ selection: JobSelection, _ priority: Int) throws(ControlError) -> JobsReport {
        try ask(.prioritize(selection, priority)) { $0.jobs }
    }

    /// Orders pictures.
    ///
    /// - Returns: their jobs.
    public func generate(_ order: PictureOrder) throws(ControlError) -> JobsReport {
        try ask(.generate(order)) { $0.jobs }
    }

    /// How the picture under way looks.
    public func preview() throws(ControlError) -> PreviewReport {
        try ask(.preview) { $0.preview }
    }

    /// The encoded photos that are kept.
    public func cache() throws(ControlError) -> CacheReport {
        try ask(.listCache) { $0.cache }
    }

    /// Forgets encoded photos.
    public func clearCache(_ selection: CacheSelection) throws(ControlError) -> CacheReport {
        try ask(.clearCache(selection)) { $0.cache }
    }

    /// Reads every encoded photo and drops what is damaged.
    public func verifyCache() throws(ControlError) -> CacheReport {
        try ask(.verifyCache) { $0.cache }
    }

    /// The models that are there.
    public func models() throws(ControlError) -> ModelsReport {
        try ask(.listModels) { $0.models }
    }

    /// Copies a model into the state folder.
    ///
    /// - Parameter folder: an absolute path that the daemon can read.
    /// - Returns: that model alone.
    public func importModel(_ folder: String, as name: String) throws(ControlError) -> ModelsReport {
        try ask(.importModel(folder: folder, name: name)) { $0.models }
    }

    /// Loads a model in a process of its own.
    public func checkModel(_ model: String) throws(ControlError) -> ModelCheckReport {
        try ask(.checkModel(model)) { $0.modelCheck }
    }

    /// Which subjects hold these photos.
    public func locate(_ references: [PictureParameters.Reference]) throws(ControlError) -> LocationReport {
        try ask(.locate(references)) { $0.location }
    }

    /// What is configured, and where each value comes from.
    ///
    /// - Parameter reload: reads the files again first.
    public func configuration(reload: Bool = false) throws(ControlError) -> ConfigurationReport {
        try ask(reload ? .reloadConfiguration : .configuration) { $0.configuration }
    }

    /// Removes pictures as the retention rules say, or only tells which.
    public func retention(dryRun: Bool) throws(ControlError) -> RetentionReport {
        try ask(.retention(dryRun: dryRun)) { $0.retention }
    }

    /// What the daemon logged last.
    public func logs(_ query: LogQuery) throws(ControlError) -> LogReport {
        try ask(.logs(query)) { $0.logs }
    }

    /// The counters and gauges.
    public func metrics() throws(ControlError) -> MetricsReport {
        try ask(.metrics) { $0.metrics }
    }

    /// What only the daemon can see of the machine and of itself.
    public func facts() throws(ControlError) -> DaemonFacts {
        try ask(.doctor) { $0.facts }
    }

    private func ask<Answer>(
        _ command: ControlCommand, _ answer: (ControlReply) -> Answer?
    ) throws(ControlError) -> Answer {
        guard let answer = answer(try send(ControlRequest(command))) else {
            throw .malformed(detail: "a reply to '\(command.name.rawValue)' without its answer")
        }
        return answer
    }
}
