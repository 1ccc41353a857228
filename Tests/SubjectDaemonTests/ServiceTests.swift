import ControlAPI
import DaemonTestSupport
import Foundation
import Testing

@testable import SubjectDaemon

/// The daemon under somebody who listens as systemd does.
@Suite struct ServiceTests {
    @Test func aProcessTellsItsWholeLife() async throws {
        let folder = try TestFolder()
        let listener = try NotifyListener(at: folder("notify"))
        try folder.makeFolder("root/toby")
        try folder.write("root/toby/photo.png", try TestPhoto.png(1))
        let child = try ProcessTests.Child(
            folder: folder, stepMilliseconds: 300,
            environment: ["NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "2000000"])
        #expect(
            try await listener.messages { $0 == "READY=1" }
                == ["STATUS=" + ServiceStatusLine.beginning, "READY=1"])
        // Whoever was told so may ask at once.
        let status = try await onThread { [client = child.client] in try client.status() }
        #expect(status.subjects.map(\.name) == ["toby"])
        let idle = "STATUS=nothing to do; looks after 1 subject"
        #expect(try await listener.messages { $0 == idle }.last == idle)
        #expect(try await listener.messages { $0 == "WATCHDOG=1" }.last == "WATCHDOG=1")

        try folder.write("root/toby/prompt.txt", "in the snow")
        let steps = try await listener.messages { $0.hasPrefix("STATUS=toby: step ") }
        #expect(steps.last?.hasPrefix("STATUS=toby: step ") == true)
        #expect(steps.last?.contains(" of 20, ") == true)
        #expect(try await listener.messages { $0 == idle }.last == idle)
        #expect(folder.names("root/toby/output").filter { $0.hasSuffix(".png") }.count == 1)

        #expect(child.terminate() == 0)
        let end = "STATUS=" + ServiceStatusLine.ending
        let last = try await listener.messages { $0 == end }
        #expect(last.contains("STOPPING=1") && last.last == end, "\(last)")
    }

    @Test func aWatchdogOfAnotherProcessIsLeftAlone() async throws {
        let folder = try TestFolder()
        let listener = try NotifyListener(at: folder("notify"))
        let child = try ProcessTests.Child(
            folder: folder, stepMilliseconds: 0,
            environment: [
                "NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "2000", "WATCHDOG_PID": "1",
            ])
        let idle = "STATUS=nothing to do; looks after 0 subjects"
        var messages = try await listener.messages { $0 == idle }
        #expect(messages.last == idle)
        #expect(child.terminate() == 0)
        let end = "STATUS=" + ServiceStatusLine.ending
        messages += try await listener.messages { $0 == end }
        #expect(messages.last == end)
        #expect(!messages.contains("WATCHDOG=1"))
    }

    @Test func aJobThatStandsKeepsTheSignsOfLifeBack() async throws {
        let harness = try DaemonHarness()
        let listener = try NotifyListener(at: harness.folder("notify"))
        let release = Signal()
        harness.engine.setMischief { _ in _ = await release.wait() }
        try await harness.start { parts in
            parts.notifier = ServiceNotifier(environment: ["NOTIFY_SOCKET": listener.address])
            parts.notifier.watchdogPolicy = WatchdogPolicy(
                interval: .milliseconds(10), patience: .milliseconds(500))
        }
        #expect(try await listener.messages { $0 == "WATCHDOG=1" }.last == "WATCHDOG=1")
        try harness.addSubject("toby", photos: [1])
        try harness.prompt("toby", "a picture that does not get on")
        #expect(await eventually { (try? await harness.status())?.running?.job.subject == "toby" })
        // There comes a time without a sign.
        var silent = false
        for _ in 0..<100_000 where !silent { silent = try await listener.next(within: .seconds(5)) == nil }
        #expect(silent)
        release.end()
        #expect(try await listener.messages { $0 == "WATCHDOG=1" }.last == "WATCHDOG=1")
        #expect(await harness.hasPictures(1, "toby"))
        try await harness.stop()
    }
}
