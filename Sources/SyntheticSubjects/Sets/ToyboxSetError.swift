import Foundation

/// Why sets cannot be written. Each names the place and what helps.
public enum ToyboxSetError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed.
    case unwritable(path: String, reason: String)
    /// The place is a file.
    case notAFolder(path: String)
    /// Another process writes there.
    case busy(folder: String)
    /// The folder holds a set that was made otherwise.
    case otherParameters(folder: String, made: String, asked: String)
    /// The folder was not made by this program.
    case foreign(folder: String)
    /// A file of a complete set is gone or damaged.
    case damaged(folder: String, file: String)

    public var description: String {
        switch self {
        case .unwritable(let path, let reason):
            "\(path) cannot be written: \(reason). Free the space, give the rights, or choose another --out; "
                + "what is complete is kept."
        case .notAFolder(let path):
            "\(path) is not a folder. Nothing was written. Give the name of a folder, there or not."
        case .busy(let folder):
            "Another jeditrain writes into \(folder). Wait for its end or choose another --out."
        case .otherParameters(let folder, let made, let asked):
            "\(folder) is there already and was made with \(made), not with \(asked). Nothing was written. "
                + "Choose another --out, or move that folder away."
        case .foreign(let folder):
            "\(folder) is there already and is not a set of this program. Nothing was written. "
                + "Choose another --out, or move it away."
        case .damaged(let folder, let file):
            "\(folder) is there already, but its \(file) is missing or damaged. Nothing was written. "
                + "Remove that folder, and it is made again."
        }
    }

    /// With the reason that the system gives.
    static func system(_ path: String) -> ToyboxSetError {
        .unwritable(path: path, reason: String(cString: strerror(errno)))
    }
}
