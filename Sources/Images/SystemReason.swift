import Foundation

/// Why the system refused a file or folder, in its own words.
public enum SystemReason {
    /// Of an error that Foundation wraps.
    public static func of(_ error: any Error) -> String {
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
