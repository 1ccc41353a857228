import ControlAPI
import Foundation
import Testing

@testable import jedictl

@Suite struct WatchLogTests {
    private func changes(_ reports: [StatusReport]) -> [String] {
        var log = WatchLog()
        return reports.flatMap { log.changes(to: $0).map { "\($0.event.rawValue): \($0.text)" } }
    }

    private var quiet: StatusReport {
        var report = SampleReport.full
        report.running = nil
        report.waiting = []
        report.waitingCount = 0
        report.recent = []
        report.subjects = [report.subjects[2]]
        return report
    }

    @Test func nothingIsSaidWhereNothingChanges() {
        #expect(changes([quiet, quiet, quiet]) == ["model: model toybox is ready"])
    }

    @Test func aJobsCourse() {
        var reports = [quiet]
        func next(_ change: (inout StatusReport) -> Void) {
            var report = reports[reports.count - 1]
            change(&report)
            reports.append(report)
        }
        next { $0.waitingCount = 1 }
        next {
            $0.waitingCount = 0
            $0.running = SampleReport.full.running
            $0.running?.percent = 0
            $0.running?.step = 0
        }
        for percent in [10, 24, 26, 49, 60, 60, 99] {
            next {
                $0.running?.percent = percent
                $0.running?.step = percent
                $0.running?.steps = 100
                $0.running?.secondsLeft = nil
            }
        }
        next {
            $0.running = nil
            $0.recent = [SampleReport.full.recent[0]]
        }
        #expect(
            changes(reports).dropFirst() == [
                "queued: 1 job waiting", "queued: nothing waits",
                "began: toby: began \"a red toy in the snow\"",
                "progress: toby: step 26 of 100  26 %", "progress: toby: step 60 of 100  60 %",
                "progress: toby: step 99 of 100  99 %",
                "ended: toby: made /srv/jedi/toby/output/toby-0123456789-42.png in 12 s",
            ])
    }

    @Test func troubleAndItsEnd() {
        var paused = quiet
        paused.paused = "the disk is full"
        paused.subjects[0].state = .waitingForPhotos
        paused.subjects[0].detail = "put photos here"
        paused.watching.rootAvailable = false
        paused.watching.detail = "the root is gone"
        #expect(
            changes([quiet, paused, quiet]).dropFirst() == [
                "root: the root is gone", "queue: paused: the disk is full",
                "subject: toby: waits for photos: put photos here", "root: the root is back",
                "queue: goes on", "subject: toby: nothing to do",
            ])
    }

    @Test func subjectsComeAndGo() {
        var two = quiet
        two.subjects.append(SampleReport.full.subjects[0])
        #expect(
            changes([quiet, two, quiet]).dropFirst() == [
                "subject: grandmother: is new", "subject: grandmother: its folder is gone",
            ])
    }
}

@Suite struct WatchScreenTests {
    @Test(arguments: [1, 2, 5, 10, 15, 20, 30, 100]) func itFitsTheTerminal(rows: Int) {
        let screen = WatchScreen(style: TextStyle(colours: true, width: 100), rows: rows)
        for report in [SampleReport.full, SampleReport.empty] {
            let lines = screen.lines(report)
            #expect(lines.count < max(rows, 2) && lines.allSatisfy { !$0.contains("\n") })
        }
    }

    @Test func whatIsUnderWayStaysInSight() {
        var report = SampleReport.full
        report.waiting = (0..<50).map { number in
            var job = report.waiting[0]
            job.position = number + 1
            return job
        }
        report.waitingCount = 50
        let lines = WatchScreen(style: TextStyle(colours: false, width: 100), rows: 24).lines(report)
        #expect(lines.contains { $0.contains("████████░░░░░░░░░░░░  step 12 of 30") })
        #expect(lines.contains { $0.contains("Waiting (50)") } && lines.contains { $0 == "Last" })
        #expect(lines.last == "Ctrl-C ends this.")
    }

    @Test func aLostDaemonIsSaid() {
        let screen = WatchScreen(style: TextStyle(colours: false, width: 100), rows: 24)
        #expect(screen.lines(for: .notRunning(searched: ["/a"])).joined().contains("jedid is not running"))
    }
}

@Suite struct JobFollowerTests {
    @Test func progressInALine() {
        let report = SampleReport.full
        let running = [report.running!.job]
        #expect(
            JobFollower.progress(of: running, in: report)
                == "████████░░░░░░░░░░░░  step 12 of 30  40 %  about 18 s left")
        #expect(JobFollower.progress(of: report.waiting, in: report) == "is next")
        #expect(JobFollower.progress(of: report.recent + running, in: report).hasPrefix("2 of 3 made  █"))
        var paused = report
        paused.running = nil
        paused.paused = "by hand"
        #expect(JobFollower.progress(of: report.waiting, in: paused) == "paused: by hand")
    }
}
