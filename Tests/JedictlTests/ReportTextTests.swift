import ControlAPI
import Foundation
import Testing

@testable import jedictl

/// What people read, without colours.
@Suite struct ReportTextTests {
    private let style = TextStyle(colours: false, width: nil)
    private var text: ReportText { ReportText(style: style) }

    @Test func jobs() {
        #expect(
            JobsText(style: style).table(Samples.jobs) == """
                  aaaaaaaaaa  running    toby                                  "in the snow"
                  bbbbbbbbbb  waits (1)  grandmother                           "at the lake"
                  0123456789  done       toby         2 min 10 s ago, in 12 s  "on the beach"
                              /srv/jedi/toby/output/toby-0123456789-42.png
                  cccccccccc  held       mia          1 h 6 min ago            "asleep"
                              jedid ended 3 times while it worked on this

                """)
        var waiting = Samples.jobs
        waiting.jobs = [waiting.jobs[1]]
        waiting.jobs[0].secondsLeft = 130
        #expect(JobsText(style: style).table(waiting).contains("done in about 2 min 10 s"))
        let none = JobsReport(madeAt: Samples.now, jobs: [])
        #expect(JobsText(style: style).outcome("Took back", none).contains("nothing to do"))
    }

    @Test func cache() {
        #expect(
            text.cache(Samples.cache) == """
                2 encoded photos, 56 KiB in /var/lib/jedi/ReferenceCache
                  0f0f0f0f0f0f0f0f  mia, toby   64x64    8 KiB   model a1b2c3d4e5
                  1e1e1e1e1e1e1e1e  no subject  512x768  48 KiB  model ffff000011, another than the present one

                """)
        #expect(text.verified(Samples.cache).hasPrefix("1 file damaged and dropped:\n  x.reference\n"))
    }

    @Test func models() {
        #expect(
            text.models(Samples.models) == """
                  sd15    in use  imported    4 GiB    /var/lib/jedi/models/sd15
                  toybox          embedded    13 MiB   /usr/share/jedi/Models/toybox
                  old             configured  0 bytes  /srv/old
                          it cannot be read: Permission denied

                """)
        #expect(
            text.check(Samples.check) == """
                /var/lib/jedi/models/sd15 can be used:
                  sd15  a1b2c3d4e5  512x512  mode matched  needs about 5.4 GiB

                """)
        #expect(
            text.check(ModelCheckReport(folder: "/x", usable: false, problem: "no tensor 'y'")) == """
                /x cannot be used:
                  no tensor 'y'

                """)
    }

    @Test func configuration() {
        let own = text.configuration(Samples.configuration, all: false)
        #expect(
            own == """
                Not all of the configuration holds: /etc/jedi/jedid.yaml:9: steps is 0; it must be from 1 to 1000
                Read: /etc/jedi/jedid.yaml
                  root         /srv/jedi  command line
                  worker_idle  10 min     /etc/jedi/jedid.yaml:7

                """)
        #expect(text.configuration(Samples.configuration, all: true).contains("settle"))
    }

    @Test func whatOthersWroteDoesNotSteerTheTerminal() {
        let evil = "a\u{1B}[2Jb"
        var cache = Samples.cache
        cache.entries[0].subjects = [evil]
        cache.damaged = [evil]
        cache.folder = evil
        var models = Samples.models
        models.models[0].name = evil
        models.models[2].problem = evil
        var jobs = Samples.jobs
        jobs.jobs[0].prompt = evil
        jobs.jobs[2].output = evil
        jobs.jobs[3].reason = evil
        var configuration = Samples.configuration
        configuration.problem = evil
        configuration.entries[0].value = evil
        let line = LogReport.Line(number: 1, at: Samples.now, level: "info", text: evil)
        let shown =
            text.cache(cache) + text.verified(cache) + text.models(models)
            + JobsText(style: style).table(jobs) + text.configuration(configuration, all: true)
            + text.log(line) + text.retention(RetentionReport(dryRun: false, pictures: [evil]))
            + text.check(ModelCheckReport(folder: evil, usable: false, problem: evil))
            + DoctorText(style: style).text(
                DoctorReport(findings: [Finding(check: "x", state: .bad, text: evil, fix: evil)]))
            + Samples.reproduction.text(style)
        #expect(!shown.contains("\u{1B}") && shown.contains("a\u{FFFD}[2Jb"))
    }
}
