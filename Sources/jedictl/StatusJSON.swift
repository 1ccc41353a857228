import ControlAPI
import FoundationEssentials

/// The report for programs.
enum StatusJSON {
    /// Keys sorted, one a line, dates in ISO 8601.
    static func text(_ report: StatusReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return String(decoding: try encoder.encode(report), as: UTF8.self) + "\n"
    }
}
