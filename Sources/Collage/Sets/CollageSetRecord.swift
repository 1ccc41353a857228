/// What a set's folder says of itself, in `.collage/set.json`.
struct CollageSetRecord: Codable, Equatable {
    enum State: String, Codable {
        case kept, dropped
    }

    /// What came of a picture.
    struct Picture: Codable, Equatable {
        /// From the set's folder.
        let image, mask: String
        let caption: String
        /// What the mask was made of.
        let maskSource: MaskSource
        /// The subject's share of the picture, 0 to 1.
        let coverage: Double

        enum CodingKeys: String, CodingKey {
            case image, mask, caption, coverage
            case maskSource = "mask_source"
        }
    }

    let plan: CollagePlan
    let state: State
    /// Why the set was dropped.
    let reason: String?
    /// Mean over all pairs.
    let similarity: Double
    let pictures: [Picture]
    /// Why pictures were left out.
    let leftOut: [String]

    enum CodingKeys: String, CodingKey {
        case plan, state, reason, similarity, pictures
        case leftOut = "left_out"
    }
}
