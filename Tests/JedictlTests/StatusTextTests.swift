import ControlAPI
import Foundation
import Testing

@testable import jedictl

@Suite struct StatusTextTests {
    private let plain = StatusText(style: TextStyle(colours: false, width: nil))

    @Test func whenPipedItIsPlain() {
        let golden = """
            jedid 0.1.0  up 3 h 12 min  pid 4242
              root     /srv/jedi
              model    toybox  a1b2c3d4e5  64x64  mode joint
              checked  1 min 30 s ago, nothing had been missed

            Now
              toby  "a red toy in the snow"
                    step 12 of 30  40 %  about 18 s left

            Waiting (3)
              1  grandmother  "at the lake"
              and 2 more

            Subjects (3)
              grandmother  1 photo   0 of 1 encoded  1 job             polling
                           on NFS, which tells of no changes: it is looked at every 10 s
              mia          0 photos                  waits for photos  inotify
                           there is a prompt and no photo that can be used: put JPEG or PNG photos here
                           rejected IMG_1.jpg: the JPEG ends before its picture does
              toby         2 photos  2 of 2 encoded  2 pictures made   inotify
                           left out c.jpg: it is the same file as a.jpg

            Last
              done    toby  in 12 s  2 min 10 s ago  "a red toy on the beach"
                      /srv/jedi/toby/output/toby-0123456789-42.png
              failed  mia   in 1 s   1 h 6 min ago   "asleep"
                      the model has no tensor 'x'

            """
        #expect(plain.text(SampleReport.full) == golden)
    }

    @Test func withNothingToShowItSaysWhy() {
        let golden = """
            jedid 0.1.0  up 3 h 12 min  pid 4242
              root     /srv/jedi
                       the root /srv/jedi cannot be read: No such file or directory
              model    no model was found; name one with --model FOLDER
              checked  not yet

            Paused: the model cannot be used

            Subjects (0)
              None: the root is not there

            """
        #expect(plain.text(SampleReport.empty) == golden)
    }

    @Test func onATerminalItHasColoursThatDoNotShiftColumns() {
        let dressed = StatusText(style: TextStyle(colours: true, width: 200)).text(SampleReport.full)
        #expect(dressed.contains("\u{1B}[32mdone\u{1B}[0m"))
        #expect(dressed.contains("████████░░░░░░░░░░░░"))
        let undressed = dressed.replacing(/\u{1B}\[\d*m/, with: "").replacing(
            "████████░░░░░░░░░░░░  ", with: "")
        #expect(undressed == plain.text(SampleReport.full))
    }

    @Test func namesFromPeopleDoNotSteerTheTerminal() {
        var report = SampleReport.full
        report.subjects[0].name = "a\u{1B}[2Jb\u{202E}c\nd"
        let text = plain.text(report)
        #expect(text.contains("a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func aLongNameDoesNotPushTheOthersCellsAway() {
        var report = SampleReport.full
        let name = String(repeating: "x", count: 255)
        report.subjects[0].name = name
        let lines = plain.text(report).split(separator: "\n")
        #expect(lines.contains { $0.contains(name) })
        #expect(lines.allSatisfy { $0.count < 160 || $0.contains(name) })
    }

    @Test func aConfigurationThatDoesNotHoldIsNamed() {
        var report = SampleReport.full
        #expect(!plain.text(report).contains("settings"))
        report.daemon.configurationProblem = "jedid.yaml:3: steps is 0"
        #expect(plain.text(report).contains("settings  jedid.yaml:3: steps is 0"))
    }

    @Test func longPromptsAreCutOnATerminalOnly() {
        var report = SampleReport.full
        report.waiting[0].prompt = String(repeating: "long ", count: 100)
        #expect(plain.text(report).contains(report.waiting[0].prompt))
        let narrow = StatusText(style: TextStyle(colours: false, width: 80)).text(report)
        #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 110 } && narrow.contains("…"))
    }
}
