/// Where sets of images of one subject come from.
///
/// A set depends on its index and the arguments only: a run that is resumed, or made again, sees the same sets.
public protocol SubjectSets: Sendable {
    /// Set `index` of an endless sequence: `count` images of one subject, of this size in pixels, all different as far as
    /// there are so many.
    func images(set index: Int, count: Int, width: Int, height: Int) throws -> [SubjectImage]

    /// Set `index` of subjects that training never sees, to look at; of the training sets where there are none.
    func heldOutImages(set index: Int, count: Int, width: Int, height: Int) throws -> [SubjectImage]
}
