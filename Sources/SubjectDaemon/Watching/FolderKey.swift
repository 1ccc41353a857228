/// Under which name a watched folder's changes are told: nothing for the root, the subject's name for its folder,
/// and with the path after a slash for a folder within.
struct FolderKey: RawRepresentable, Sendable, Hashable {
    let rawValue: String

    init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The root.
    static let root = FolderKey(rawValue: "")

    /// A subject's folder.
    init(subject: String) {
        self.init(rawValue: subject)
    }

    /// A folder within a subject's.
    init(subject: String, folder: String) {
        self.init(rawValue: subject + "/" + folder)
    }

    var isRoot: Bool { rawValue.isEmpty }

    private var slash: String.Index? { rawValue.utf8.firstIndex(of: UInt8(ascii: "/")) }

    /// The subject that it belongs to.
    var subject: String { slash.map { String(rawValue[..<$0]) } ?? rawValue }

    /// The path of a folder within a subject's; nil for any other.
    var within: String? { slash.map { String(rawValue[rawValue.utf8.index(after: $0)...]) } }

    /// The path of its file within the subject's folder.
    func path(of file: String) -> String {
        within.map { $0 + "/" + file } ?? file
    }
}
