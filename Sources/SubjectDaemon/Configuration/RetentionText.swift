/// Rules about which pictures are removed again, as people write them: `{count: 200, bytes: 5 GB, age: 90 days}`.
enum RetentionText {
    static let names = ["count", "bytes", "age"]

    /// What the value means. `off` means that nothing is removed.
    static func rule(_ value: WrittenValue) throws(WritingMistake) -> RetentionRule {
        if case .text(let text) = value, ["off", "none", "no", "false"].contains(text.lowercased()) {
            return RetentionRule()
        }
        guard case .table(let settings) = value else {
            throw WritingMistake(
                "retention is \(value.shown); it must be off, or some of count, bytes and age, as {count: 200, age: 90 days}"
            )
        }
        var rule = RetentionRule()
        var said: Set<String> = []
        for setting in settings {
            let name = SettingName.plain(setting.name)
            do throws(WritingMistake) {
                guard said.insert(name).inserted else {
                    throw WritingMistake("retention.\(name) stands more than once")
                }
                try take(name, setting.value, into: &rule)
            } catch { throw error.at(setting.line) }
        }
        return rule
    }

    /// Takes in one of the rule's parts.
    static func take(
        _ name: String, _ value: WrittenValue, into rule: inout RetentionRule
    ) throws(WritingMistake) {
        let text = if case .text(let text) = value { text } else { "" }
        func refusal(_ allowed: String) -> WritingMistake {
            WritingMistake("retention.\(name) is \(value.shown); it must be \(allowed)")
        }
        if ["off", "none"].contains(text.lowercased()) { return try remove(name, from: &rule) }
        switch name {
        case "count":
            guard let count = Int(text), (1...1_000_000).contains(count) else {
                throw refusal("a whole number from 1 to 1000000, or off")
            }
            rule.count = count
        case "bytes":
            guard let bytes = ByteCountText.parse(text), bytes >= 1 << 20 else {
                throw refusal("an amount of at least 1 MiB, as 500 MB or 5 GB, or off")
            }
            rule.bytes = bytes
        case "age":
            guard let age = DurationText.parse(text), age >= .seconds(3600) else {
                throw refusal("a time of at least 1 h, as 12 h or 90 days, or off")
            }
            rule.age = age.inSeconds
        default: throw SettingName.unknown(name, among: names)
        }
    }

    private static func remove(_ name: String, from rule: inout RetentionRule) throws(WritingMistake) {
        switch name {
        case "count": rule.count = nil
        case "bytes": rule.bytes = nil
        case "age": rule.age = nil
        default: throw SettingName.unknown(name, among: names)
        }
    }
}
