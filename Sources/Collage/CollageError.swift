import Foundation

/// Why sets cannot be made. Each names the place and what helps.
public enum CollageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A line of a list of subjects.
    case badLine(file: String, line: Int, text: String)
    case emptyList(file: String)
    case unreadable(file: String, reason: String)
    case unwritable(path: String, reason: String)
    case notAFolder(path: String)
    /// Another process makes sets there.
    case busy(folder: String)
    /// What has a set's name is none.
    case foreign(folder: String)
    /// The set was made otherwise.
    case otherParameters(folder: String, names: [String])
    /// An embedding gave no vector of length 1.
    case badEmbedding(name: String)

    public var description: String {
        switch self {
        case .badLine(let file, let line, let text):
            "\(file), line \(line): '\(text)' is not 'class | subject' or 'class | subject | scene; scene'. As in "
                + "'cat | a striped red cat | on the beach; in the snow'."
        case .emptyList(let file):
            "\(file) has no line that says something. Write one subject, or scene, a line."
        case .unreadable(let file, let reason):
            "\(file) cannot be read: \(reason)"
        case .unwritable(let path, let reason):
            "\(path) cannot be written: \(reason). Free the space, give the rights, or choose another --out; "
                + "what is complete is kept."
        case .notAFolder(let path):
            "\(path) is not a folder. Give the name of a folder, there or not."
        case .busy(let folder):
            "Another jeditrain makes sets in \(folder). Wait for its end or choose another --out."
        case .foreign(let folder):
            "\(folder) is there already and is not a set of this command. Choose another --out, or move it away."
        case .otherParameters(let folder, let names):
            "\(folder) is there already and was made otherwise (\(names.joined(separator: ", "))). Nothing was "
                + "changed. Say the same as then, choose another --out, or move that folder away."
        case .badEmbedding(let name):
            "The embedding '\(name)' gave numbers that are not finite. Check its weights."
        }
    }

    /// With the reason that the system gives.
    static func system(_ path: String) -> CollageError {
        .unwritable(path: path, reason: String(cString: strerror(errno)))
    }
}
