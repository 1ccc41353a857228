/// Which subjects hold photos: the answer to ``ControlCommand/locate(_:)``.
public struct LocationReport: Codable, Sendable, Equatable {
    /// What a subject has of what was asked for.
    public struct Candidate: Codable, Sendable, Equatable {
        /// The subject's name.
        public var subject: String
        /// For each photo that was asked for the names of the subject's photos of that content.
        public var names: [[String]]

        /// Both.
        public init(subject: String, names: [[String]]) {
            self.subject = subject
            self.names = names
        }

        /// How many of the photos it holds.
        public var count: Int { names.count { !$0.isEmpty } }
    }

    /// Subjects that hold at least one of the photos: first those that hold the most, then by name.
    public var candidates: [Candidate]
    /// The names of all subjects.
    public var subjects: [String]

    /// All of it.
    public init(candidates: [Candidate], subjects: [String]) {
        self.candidates = candidates
        self.subjects = subjects
    }
}
