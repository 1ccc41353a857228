import ControlAPI
import Synchronization

@testable import SubjectDaemon

/// A queue that notes what it is told, in the place of the real one.
final class FakeQueue: QueueControl {
    private let told = Mutex<[String]>([])
    private let picture = Mutex<PicturePreview?>(nil)

    /// What it was told so far.
    var orders: [String] { told.withLock { $0 } }

    /// What it shows from now on.
    func show(_ preview: PicturePreview?) {
        picture.withLock { $0 = preview }
    }

    static let job = JobStatus(id: "0123456789", subject: "toby", prompt: "p", seed: 1, state: .queued)

    private func note(_ order: String) -> [JobStatus] {
        told.withLock { $0.append(order) }
        return [Self.job]
    }

    func jobs(_ query: JobQuery) async throws -> [JobStatus] { note("jobs \(query.limit)") }
    func pause() async throws { _ = note("pause") }
    func resume() async throws { _ = note("resume") }
    func cancel(_ selection: JobSelection) async throws -> [JobStatus] {
        guard selection.ids != ["unknown"] else { throw QueueRefusal("there is no job 'unknown'") }
        return note("cancel \(selection.ids)")
    }
    func retry(_ selection: JobSelection) async throws -> [JobStatus] { note("retry \(selection.ids)") }
    func rerun(_ selection: JobSelection, newSeed: Bool) async throws -> [JobStatus] {
        note("rerun \(selection.ids) \(newSeed)")
    }
    func move(_ id: String, to place: QueuePlace) async throws -> JobStatus { note("move \(id) \(place)")[0] }
    func prioritize(_ selection: JobSelection, _ priority: Int) async throws -> [JobStatus] {
        note("prioritize \(selection.ids) \(priority)")
    }
    func order(_ order: PictureOrder) async throws -> [JobStatus] { note("order \(order.prompt)") }
    func preview() async throws -> PicturePreview? { picture.withLock { $0 } }
    func applyRetention(dryRun: Bool) async throws -> [String] {
        _ = note("retention \(dryRun)")
        return ["/a.png"]
    }
    func metrics() async throws -> String { "jedi_up 1\n" }
}
