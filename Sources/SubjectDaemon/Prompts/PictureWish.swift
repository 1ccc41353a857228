import ControlAPI

/// Which of a subject's photos and masks a line or an order asks for, as it names them.
struct PictureWish: Sendable, Hashable {
    /// The references, by names and patterns; nil: the subject's first ones.
    var photos: [String]?
    /// The photo to start from.
    var start: String?
    /// Its mask.
    var mask: String?
}

extension PromptOptions {
    /// What they say of the subject's photos and masks. A mask without a photo to start from is none.
    var pictures: PictureWish { PictureWish(photos: photos, start: start, mask: start == nil ? nil : mask) }
}
