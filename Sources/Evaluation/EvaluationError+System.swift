import Foundation

extension EvaluationError {
    /// A file or folder that cannot be read, for the reason that the system gave.
    public static func unreadable(_ path: String, _ error: any Error) -> EvaluationError {
        .unreadable(path: path, reason: reason(of: error))
    }

    /// A file or folder that cannot be written, for the reason that the system gave.
    public static func unwritable(_ path: String, _ error: any Error) -> EvaluationError {
        .unwritable(path: path, reason: reason(of: error))
    }

    /// The system's own words, without what Foundation puts round them.
    private static func reason(of error: any Error) -> String {
        if let posix = (error as? CocoaError)?.underlying as? POSIXError {
            return String(cString: strerror(posix.code.rawValue))
        }
        var text = error.localizedDescription
        for opening in ["The operation could not be completed. ", "The operation couldn’t be completed. "]
        where text.hasPrefix(opening) {
            text.removeFirst(opening.count)
        }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}
