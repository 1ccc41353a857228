/// Why a configuration does not hold, in words for whoever wrote it.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// Everything that is wrong, each naming where it stands and what would be right.
    public var problems: [String]

    init(_ problems: [String]) {
        self.problems = problems
    }

    public var description: String { problems.joined(separator: "\n") }
}
