/// A file's name in which `*` stands for any letters and `?` for one.
///
/// Brackets are letters, as they are in the names that cameras and browsers give. It takes time in proportion to the
/// name's length times the pattern's, whatever they are.
struct GlobPattern: Sendable {
    private let pattern: [Character]

    init(_ text: String) {
        pattern = Array(text)
    }

    /// Whether the name is one that is meant. A star does not reach over a folder's border.
    func matches(_ name: String) -> Bool {
        let name = Array(name)
        var (at, index) = (0, 0)
        // Where the last star stands, and how far into the name it reaches.
        var star: (pattern: Int, name: Int)?
        while index < name.count {
            if at < pattern.count, pattern[at] == "*" {
                star = (at, index)
                at += 1
            } else if at < pattern.count,
                pattern[at] == name[index] || (pattern[at] == "?" && name[index] != "/")
            {
                at += 1
                index += 1
            } else if let last = star, name[last.name] != "/" {
                star = (last.pattern, last.name + 1)
                at = last.pattern + 1
                index = last.name + 1
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == "*" }
    }
}
