import Foundation

@testable import SubjectDaemon

/// The machine's time, with a calendar's clock that somebody puts forward and back.
struct WrongTime: TimeSource {
    /// Holds the seconds by which it is wrong.
    let file: String

    var now: Moment {
        var now = SystemTime().now
        let text =
            FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) } ?? ""
        now.wall += (Int64(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0) * 1_000_000_000
        return now
    }

    func sleep(until uptime: Duration) async throws { try await SystemTime().sleep(until: uptime) }
}
