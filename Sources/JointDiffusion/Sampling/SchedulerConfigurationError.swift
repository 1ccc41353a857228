/// Why a `scheduler_config.json` cannot be used; every case names the file.
public enum SchedulerConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file is absent or cannot be read.
    case unreadable(file: String, reason: String)
    /// The file is not a JSON object.
    case malformed(file: String, reason: String)
    /// A value that no sampler here implements, or of the wrong kind.
    case unsupportedValue(file: String, key: String, value: String, allowed: [String])
    /// A key that no diffusers scheduler of this family has, with a value that may mean something.
    case unknownKey(file: String, key: String, value: String)

    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
        case .malformed(let file, let reason): "\(file): \(reason)"
        case .unsupportedValue(let file, let key, let value, let allowed):
            "\(file): \(key) is \(value); supported: \(allowed.joined(separator: ", "))"
        case .unknownKey(let file, let key, let value): "\(file): unknown key \(key) (\(value))"
        }
    }
}
