/// Where the subjects of sets come from.
public protocol CollagePrompts: Sendable {
    /// How many there are before they come again; nil: no end.
    var count: Int? { get }

    /// Subject `number`, from 0; the same for the same arguments.
    /// - Parameter seed: of the set's choices.
    func subject(_ number: Int, seed: UInt64) -> CollageSubject
}
