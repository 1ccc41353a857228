/// A configuration file as it was written: each setting with its line.
struct ConfigurationFile: Sendable, Equatable {
    /// One setting.
    struct Entry: Sendable, Equatable {
        /// Its documented name; within a table with a dot.
        var name: String
        var value: WrittenValue
        var line: Int
    }

    /// Where it lies.
    var path: String
    /// Its settings in the order in which they stand.
    var entries: [Entry] = []
    /// The defaults of prompts.
    var defaults = PromptOptionReader(isLine: false)
    /// In which line the default of that documented name stands.
    var linesOfDefaults: [String: Int] = [:]

    private static let tables = ["retention", "hooks"]

    /// The largest file that is read.
    static let maximumBytes = YAMLTable.maximumBytes

    /// What a file of these bytes says. Every mistake in it is found, not only the first.
    static func parse(_ bytes: [UInt8], path: String) throws(ConfigurationError) -> ConfigurationFile {
        guard bytes.count <= maximumBytes, !bytes.contains(0),
            let text = String(validating: bytes.withoutByteOrderMark, as: UTF8.self)
        else {
            throw ConfigurationError([
                "\(path): it is not UTF-8 text of at most \(maximumBytes) bytes. Is it the right file?"
            ])
        }
        var file = ConfigurationFile(path: path)
        let settings: [WrittenSetting]
        do throws(WritingMistake) { settings = try YAMLTable.parse(text) } catch {
            throw ConfigurationError([error.described(in: path)])
        }
        var mistakes: [WritingMistake] = []
        for setting in settings {
            do throws(WritingMistake) { try file.take(setting, &mistakes) } catch {
                mistakes.append(error.at(setting.line))
            }
        }
        // The values are tried here too, so that all that is wrong is said at once.
        var tried = DaemonSettings()
        for entry in file.entries {
            do throws(WritingMistake) {
                try ConfigurationKey.named(entry.name)?.read(entry.value, &tried)
            } catch {
                mistakes.append(error.at(entry.line))
            }
        }
        guard mistakes.isEmpty else {
            let inOrder = mistakes.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
            throw ConfigurationError(inOrder.map { $0.described(in: path) })
        }
        return file
    }

    private mutating func take(
        _ setting: WrittenSetting, _ mistakes: inout [WritingMistake]
    ) throws(WritingMistake) {
        let name = SettingName.plain(setting.name)
        if name == "defaults" { return try takeDefaults(setting.value, &mistakes) }
        guard Self.tables.contains(name) else { return try add(name, setting) }
        // `retention: off`, `hooks: none`, or all of it commented out: that is what holds anyway.
        if setting.value == .nothing { return }
        if case .text(let text) = setting.value, ["off", "none"].contains(text.lowercased()) { return }
        guard case .table(let parts) = setting.value else {
            let known = ConfigurationKey.all.map(\.name).filter { $0.hasPrefix(name + ".") }
            throw WritingMistake(
                "\(name) is \(setting.value.shown); it must be a table of \(known.map { $0.dropFirst(name.count + 1) }.joined(separator: ", "))"
            )
        }
        for part in parts {
            do throws(WritingMistake) { try add(name + "." + SettingName.plain(part.name), part) } catch {
                mistakes.append(error.at(part.line))
            }
        }
    }

    private mutating func add(_ name: String, _ setting: WrittenSetting) throws(WritingMistake) {
        guard ConfigurationKey.named(name) != nil else {
            let table = name.split(separator: ".").first.map { $0 + "." } ?? ""
            let known = ConfigurationKey.all.map(\.name)
            let siblings = known.filter { $0.hasPrefix(table) }
            let top = known.filter { !$0.contains(".") } + Self.tables + ["defaults"]
            throw SettingName.unknown(name, among: name.contains(".") && !siblings.isEmpty ? siblings : top)
        }
        if let other = entries.first(where: { $0.name == name }) {
            throw WritingMistake("\(name) stands in line \(other.line) already; keep one of them")
        }
        entries.append(Entry(name: name, value: setting.value, line: setting.line))
    }

    private mutating func takeDefaults(
        _ value: WrittenValue, _ mistakes: inout [WritingMistake]
    ) throws(WritingMistake) {
        if value == .nothing { return }
        guard case .table(let options) = value else {
            throw WritingMistake("defaults is \(value.shown); it must be a table of options, as {steps: 30}")
        }
        for option in options {
            do throws(WritingMistake) { try defaults.take(option) } catch { mistakes.append(error) }
            switch PromptOption(written: option.name) {
            case .size?: for side in ["width", "height"] { linesOfDefaults[side] = option.line }
            case .batches?, .batchSize?: linesOfDefaults["count"] = option.line
            case let known?: linesOfDefaults[known.rawValue] = option.line
            case nil: break
            }
        }
    }
}
