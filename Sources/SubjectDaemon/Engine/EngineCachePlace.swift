import Tensors

/// Where an engine keeps what it can have again, but not at once: what photos leave behind in the model, or packed weights.
public struct EngineCachePlace: Sendable, Equatable {
    /// The folder; it is made if it is not there.
    public var folder: String
    /// What all of it together may take on the disk.
    public var bytes: Int64
    /// What it leaves free on the disk.
    public var leftFree: Int64

    /// What packed weights may take, where nobody says otherwise.
    public static let usualPackedWeights: Int64 = 10_000_000_000

    /// All of it.
    public init(folder: String, bytes: Int64, leftFree: Int64 = BudgetedFolder.usualLeftFree) {
        self.folder = folder
        self.bytes = bytes
        self.leftFree = leftFree
    }
}
