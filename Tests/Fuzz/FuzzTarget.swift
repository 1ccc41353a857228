/// A parser that must survive any bytes: it may refuse them, and may do nothing else.
struct FuzzTarget: Sendable {
    let name: String
    /// Where sound inputs are, below Tests/: folders, and which files' endings count in them (all, if none is named).
    let seeds: [(folder: String, endings: [String])]
    /// Words that mean something to the parser.
    let words: [String]
    /// How many inputs a short run tries.
    let shortRun: Int
    /// The longest input.
    let maximumLength: Int
    /// Gives the parser the bytes. A trap is a finding, and so is a failed precondition of this closure.
    let run: @Sendable ([UInt8]) -> Void

    static let all = photos + models + daemon + configuration + worker

    static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
