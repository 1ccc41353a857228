import Glibc

/// A system call's refusal, with what it was refused for.
public struct SystemCallError: Error, Equatable, CustomStringConvertible {
    /// The call's name.
    let call: String
    /// The file it was about.
    let path: String
    /// The error number.
    let number: Int32

    init(_ call: String, _ path: String, _ number: Int32 = errno) {
        self.call = call
        self.path = path
        self.number = number
    }

    /// The number in words.
    public var reason: String { String(cString: strerror(number)) }

    /// Whether the disk, or the share of it that this user has, is full.
    var isFullDisk: Bool { number == ENOSPC || number == EDQUOT }

    /// Whether the file is not there.
    var isMissing: Bool { number == ENOENT || number == ENOTDIR }

    public var description: String { "\(call) \(path): \(reason)" }
}
