import ControlAPI

/// What a person may do to the queue. The control socket asks it, the job runner's side does it.
///
/// Every change is on the disk before its call returns, and acts on the job under way at its next step.
protocol QueueControl: Sendable {
    /// The jobs of that query.
    func jobs(_ query: JobQuery) async throws -> [JobStatus]
    /// Begins no further job, and interrupts the one under way at its next step, until ``resume()``. Outlives a restart.
    func pause() async throws
    /// Goes on.
    func resume() async throws
    /// Takes back jobs that wait, run or are held.
    ///
    /// - Returns: those that were taken back.
    func cancel(_ selection: JobSelection) async throws -> [JobStatus]
    /// Puts jobs that failed, were held or were taken back into the queue again.
    func retry(_ selection: JobSelection) async throws -> [JobStatus]
    /// Makes pictures that were made once more.
    ///
    /// - Parameter newSeed: with other noise; with the same noise, and so to the same picture, otherwise.
    func rerun(_ selection: JobSelection, newSeed: Bool) async throws -> [JobStatus]
    /// Puts a job that waits somewhere else in the queue.
    func move(_ id: String, to place: QueuePlace) async throws -> JobStatus
    /// Gives jobs that wait another priority.
    func prioritize(_ selection: JobSelection, _ priority: Int) async throws -> [JobStatus]
    /// Puts a picture into the queue that no prompt file asks for.
    func order(_ order: PictureOrder) async throws -> [JobStatus]
    /// The newest preview of the job under way; nil while there is none.
    func preview() async throws -> PicturePreview?
    /// Removes what the retention rules say, or only tells.
    ///
    /// - Returns: the pictures' paths.
    func applyRetention(dryRun: Bool) async throws -> [String]
    /// The counters and gauges in Prometheus' text form.
    func metrics() async throws -> String
}

/// Why the queue refuses an order, in words for whoever gave it.
struct QueueRefusal: Error, Equatable, CustomStringConvertible {
    var reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    var description: String { reason }
}
