import Foundation

/// A `config.json` whose every value is either understood or refused by name.
public final class ConfigFile {
    public let path: String
    private let values: [String: JSONValue]
    private var read: Set<String> = []

    public init(path: String) throws(CheckpointError) {
        self.path = path
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .missingFile(
                file: path, hint: "A checkpoint is a diffusers folder; copy it with all its files.")
        }
        do {
            values = try JSONDecoder().decode([String: JSONValue].self, from: data)
        } catch {
            throw .invalidConfig(file: path, reason: "it is not a JSON object")
        }
    }

    /// The object under `key`, as a file of its own whose name for messages tells both.
    public func object(_ key: String) throws(CheckpointError) -> ConfigFile {
        guard case .object(let values)? = self[key] else {
            throw .invalidConfig(file: path, reason: "'\(key)' is not an object")
        }
        return ConfigFile(path: "\(path), \(key)", values: values)
    }

    private init(path: String, values: [String: JSONValue]) {
        self.path = path
        self.values = values
    }

    /// The value under `key`; nil if it is absent or null.
    public subscript(key: String) -> JSONValue? {
        read.insert(key)
        guard let value = values[key], value != .null else { return nil }
        return value
    }

    /// Whether the file says null, as opposed to nothing.
    public func isNull(_ key: String) -> Bool { values[key] == .null }

    public func int(_ key: String, default fallback: Int? = nil, in range: ClosedRange<Int>)
        throws(CheckpointError) -> Int
    {
        guard let value = self[key] else {
            if let fallback { return fallback }
            throw .invalidConfig(file: path, reason: "'\(key)' is missing")
        }
        guard case .number(let number) = value, let int = Int(exactly: number), range.contains(int) else {
            throw unsupported(key, "whole numbers from \(range.lowerBound) to \(range.upperBound)")
        }
        return int
    }

    public func double(_ key: String, default fallback: Double? = nil) throws(CheckpointError) -> Double {
        guard let value = self[key] else {
            if let fallback { return fallback }
            throw .invalidConfig(file: path, reason: "'\(key)' is missing")
        }
        guard case .number(let number) = value else { throw unsupported(key, "a number") }
        return number
    }

    public func bool(_ key: String, default fallback: Bool) throws(CheckpointError) -> Bool {
        guard let value = self[key] else { return fallback }
        guard case .bool(let bool) = value else { throw unsupported(key, "true or false") }
        return bool
    }

    public func string(_ key: String, default fallback: String? = nil, among allowed: [String])
        throws(CheckpointError) -> String
    {
        guard let value = self[key] else {
            if let fallback { return fallback }
            throw .invalidConfig(file: path, reason: "'\(key)' is missing")
        }
        guard case .string(let string) = value, allowed.contains(string) else {
            throw unsupported(key, allowed.joined(separator: ", "))
        }
        return string
    }

    /// A list of whole numbers; a single number stands for `count` equal ones.
    public func ints(
        _ key: String, count: Int? = nil, default fallback: Int? = nil, in range: ClosedRange<Int>
    ) throws(CheckpointError) -> [Int] {
        guard case .array(let elements)? = self[key] else {
            return Array(repeating: try int(key, default: fallback, in: range), count: count ?? 1)
        }
        var ints: [Int] = []
        for element in elements {
            guard case .number(let number) = element, let int = Int(exactly: number), range.contains(int)
            else { throw unsupported(key, "whole numbers from \(range.lowerBound) to \(range.upperBound)") }
            ints.append(int)
        }
        guard !ints.isEmpty, count == nil || ints.count == count else {
            throw unsupported(key, count.map { "one number, or \($0) numbers" } ?? "a list of numbers")
        }
        return ints
    }

    public func strings(_ key: String, among allowed: [String]) throws(CheckpointError) -> [String] {
        guard case .array(let elements)? = self[key] else {
            throw .invalidConfig(file: path, reason: "'\(key)' is not a list")
        }
        var strings: [String] = []
        for element in elements {
            guard case .string(let string) = element, allowed.contains(string) else {
                throw unsupported(key, "a list of " + allowed.joined(separator: ", "))
            }
            strings.append(string)
        }
        return strings
    }

    /// An object of strings.
    public func strings(_ key: String) throws(CheckpointError) -> [String: String] {
        guard case .object(let object)? = self[key] else {
            throw .invalidConfig(file: path, reason: "'\(key)' is not an object")
        }
        return object.compactMapValues { value in
            if case .string(let string) = value { string } else { nil }
        }
    }

    /// Refuses `key` unless it is absent, null or one of `values`.
    public func require(_ key: String, among supported: JSONValue...) throws(CheckpointError) {
        guard let value = self[key] else { return }
        guard supported.contains(value) else {
            throw unsupported(key, supported.map(\.description).joined(separator: ", "))
        }
    }

    /// Notes keys that change nothing here.
    public func ignore(_ keys: String...) { read.formUnion(keys) }

    /// Refuses keys that nobody read, unless they are null, false, or private (`_...`).
    public func refuseUnread() throws(CheckpointError) {
        for (key, value) in values.sorted(by: { $0.key < $1.key })
        where !read.contains(key) && !key.hasPrefix("_") && value != .null && value != .bool(false) {
            throw unsupported(key, "leaving this key out")
        }
    }

    public func unsupported(_ key: String, _ supported: String) -> CheckpointError {
        .unsupportedConfig(
            file: path, key: key, value: values[key]?.description ?? "absent", supported: supported)
    }
}
