import ControlAPI

/// What `subject.yaml` says about its subject, or `defaults.yaml` in the root about all of them.
///
/// Options stand in it as in a prompt file's front, all of them or under `defaults`; beside them `class` and
/// `retention`. With a mistake in it nothing of it holds.
struct SubjectSettings: Sendable, Equatable {
    /// What the subject is: what `{class}` stands for in its prompts.
    var classNoun: String?
    /// What holds where a prompt says nothing.
    var defaults = PromptOptions()
    /// The options for which no weaker settings count.
    var takenBack: Set<PromptOption> = []
    /// Which pictures are removed again; nil leaves it to the daemon's configuration.
    var retention: RetentionRule?
    /// What cannot be followed in it, in words for its writer.
    var problems: [String] = []

    /// The longest name of what a subject is, in characters.
    private static let maximumNoun = 100

    /// What a file of these bytes says.
    static func parse(_ bytes: [UInt8]) -> SubjectSettings {
        guard let text = String(validating: bytes.withoutByteOrderMark, as: UTF8.self), !bytes.contains(0)
        else {
            return SubjectSettings(
                problems: ["It is not UTF-8 text. Save it as plain text with the encoding UTF-8."])
        }
        let settings: [WrittenSetting]
        do throws(WritingMistake) { settings = try YAMLTable.parse(text) } catch {
            return SubjectSettings(problems: [error.sentence])
        }
        var made = SubjectSettings()
        var reader = PromptOptionReader(isLine: false)
        var problems: [String] = []
        for setting in settings {
            do throws(WritingMistake) {
                try made.take(setting, &reader)
            } catch {
                problems.append(error.at(setting.line).sentence)
            }
        }
        guard problems.isEmpty else { return SubjectSettings(problems: problems) }
        (made.defaults, made.takenBack) = (reader.over(PromptOptions()), reader.takenBack)
        return made
    }

    private mutating func take(
        _ setting: WrittenSetting, _ reader: inout PromptOptionReader
    ) throws(WritingMistake) {
        switch SettingName.plain(setting.name) {
        case "class", "class_noun": try takeNoun(setting)
        case "retention":
            guard retention == nil else { throw WritingMistake("retention stands more than once") }
            retention = try RetentionText.rule(setting.value)
        case "defaults":
            guard case .table(let settings) = setting.value else {
                throw WritingMistake(
                    "defaults is \(setting.value.shown); it must be options, as 'steps: 30', one a line")
            }
            for setting in settings { try reader.take(setting) }
        default:
            guard PromptOption(written: setting.name) != nil || PromptOption.isForeign(setting.name) else {
                let names = ["class", "retention"] + PromptOption.ofFiles.map(\.rawValue)
                throw SettingName.unknown(setting.name, among: names)
            }
            try reader.take(setting)
        }
    }

    private mutating func takeNoun(_ setting: WrittenSetting) throws(WritingMistake) {
        guard classNoun == nil else { throw WritingMistake("class stands more than once") }
        guard case .text(let text) = setting.value else {
            throw WritingMistake("class is \(setting.value.shown); it must be what the subject is, as 'dog'")
        }
        let noun = text.oneLineWithoutBlankEnds
        guard (1...Self.maximumNoun).contains(noun.count), !noun.contains("{class}") else {
            throw WritingMistake(
                "class is \(setting.value.shown); it must be what the subject is, as 'dog', in at most \(Self.maximumNoun) letters"
            )
        }
        classNoun = noun
    }
}
