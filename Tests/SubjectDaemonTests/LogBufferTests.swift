import ControlAPI
import Foundation
import Logging
import Testing

@testable import SubjectDaemon

@Suite struct LogBufferTests {
    private func filled(_ count: Int, capacity: Int) -> LogBuffer {
        let buffer = LogBuffer(capacity: capacity)
        for number in 0..<count { buffer.append("\(number + 1)", level: .info, at: .now) }
        return buffer
    }

    @Test(arguments: [0, 1, 4, 5, 6, 9, 10, 11, 23]) func theLastLinesAreKeptInOrder(count: Int) {
        let report = filled(count, capacity: 5).report(LogQuery(limit: 100))
        let kept = (max(count - 5, 0)..<count).map { $0 + 1 }
        #expect(report.lines.map(\.number) == kept && report.lines.map(\.text) == kept.map(String.init))
        #expect(report.last == count && report.pid == getpid())
    }

    @Test func onlyWhatIsAskedFor() {
        let buffer = filled(23, capacity: 5)
        #expect(buffer.report(LogQuery(limit: 2)).lines.map(\.number) == [22, 23])
        #expect(buffer.report(LogQuery(after: 21, limit: 9)).lines.map(\.number) == [22, 23])
        #expect(buffer.report(LogQuery(after: 23)).lines.isEmpty)
        #expect(buffer.report(LogQuery(limit: -1)).lines.isEmpty)
    }

    @Test func aLoggersLinesComeInOnOneLine() {
        let buffer = LogBuffer()
        var logger = Logger(label: "test") { _ in RecentLogHandler(buffer, threshold: LogThreshold(.notice)) }
        logger.info("not kept")
        logger[metadataKey: "subject"] = "toby"
        logger.warning("two\nlines \u{1B}[2J")
        let lines = buffer.report(LogQuery()).lines
        #expect(lines.map(\.text) == ["two lines  [2J subject=toby"] && lines.map(\.level) == ["warning"])
    }

    @Test func aLongLineIsCut() {
        let buffer = LogBuffer()
        buffer.append(String(repeating: "x", count: 100_000), level: .info, at: .now)
        #expect(buffer.report(LogQuery()).lines[0].text.count == 4096)
    }
}
