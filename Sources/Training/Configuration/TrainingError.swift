/// Why a run cannot begin or go on; each case names the file or the key, and the fix.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
    case unreadable(file: String, reason: String)
    case notYAML(file: String, reason: String)
    case unknownKey(file: String, key: String, suggestion: String?, known: [String])
    case invalidValue(file: String, key: String, value: String, allowed: String)
    case missingKey(file: String, key: String, meaning: String)
    case contradiction(file: String, reason: String)
    case otherConfiguration(folder: String)
    case noSubjects(folder: String, hint: String)
    case badManifest(file: String, line: Int, reason: String)
    case badImage(file: String, reason: String)
    case damagedSnapshot(file: String, reason: String)
    case unwritable(path: String, reason: String)
    case notFinite(step: Int, skips: Int)
    case inUse(folder: String)
    case processesLost(reason: String)
    case otherProcesses(folder: String, count: Int)

    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)."
        case .notYAML(let file, let reason):
            "\(file) is no list of 'name: value' lines: \(reason)."
        case .unknownKey(let file, let key, let suggestion, let known):
            "\(file): there is no setting '\(key)'"
                + (suggestion.map { "; did you mean '\($0)'?" }
                    ?? ". There are: \(known.joined(separator: ", ")).")
        case .invalidValue(let file, let key, let value, let allowed):
            "\(file): '\(key)' is '\(value)'; it must be \(allowed)."
        case .missingKey(let file, let key, let meaning):
            "\(file): '\(key)' is missing; it says \(meaning)."
        case .contradiction(let file, let reason): "\(file): \(reason)."
        case .otherConfiguration(let folder):
            "\(folder) holds a run of another configuration (its own is in config.yaml there). Give another folder, "
                + "or that configuration."
        case .noSubjects(let folder, let hint): "\(folder) holds no subject to learn from. \(hint)"
        case .badManifest(let file, let line, let reason): "\(file), line \(line): \(reason)."
        case .badImage(let file, let reason): "\(file): \(reason)."
        case .damagedSnapshot(let file, let reason):
            "\(file) cannot be resumed from: \(reason). Remove it to go on from the snapshot before."
        case .unwritable(let path, let reason): "\(path) cannot be written: \(reason)."
        case .notFinite(let step, let skips):
            "Loss or gradients were not finite \(skips) times in a row, the last time at step \(step). The snapshots are "
                + "intact; lower 'rate' or 'clip_norm', and look at the data."
        case .processesLost(let reason):
            "The processes cannot work together: \(reason). The snapshots are intact; start the same command again."
        case .otherProcesses(let folder, let count):
            "\(folder) holds a run of \(count) process\(count == 1 ? "" : "es"); go on with as many, or give another folder."
        case .inUse(let folder): "\(folder) is in use by another run. Wait for it, or stop it."
        }
    }
}
