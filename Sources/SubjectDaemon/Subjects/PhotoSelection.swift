import ControlAPI

/// Which of a subject's good photos are used.
///
/// They are taken in the order of their names' bytes, each picture once, until ``limit`` are found.
struct PhotoSelection: Sendable, Equatable {
    /// The most references that a picture takes.
    static let limit = 16

    /// The photos that are used.
    private(set) var used: [PictureRequest.Reference] = []
    /// Those that are not, with the reasons.
    private(set) var leftOut: [SubjectStatus.FileNote] = []

    /// Whether the next photo can be used at all, so that it need not be read if not.
    var isFull: Bool { used.count == Self.limit }

    /// Takes the next photo by name. Its hash is not looked at once the selection is full.
    mutating func offer(_ name: String, contentHash: String) {
        if isFull {
            leftOut.append(
                .init(file: name, reason: "at most \(Self.limit) photos are used, the first by name"))
        } else if let same = used.first(where: { $0.contentHash == contentHash }) {
            leftOut.append(.init(file: name, reason: "it is the same file as \(same.name)"))
        } else {
            used.append(.init(name: name, contentHash: contentHash))
        }
    }
}
