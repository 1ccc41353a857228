/// What is known of one picture: a line of `.toybox/manifest.jsonl`.
struct ToyboxPictureRecord: Codable, Equatable {
    /// The picture and its mask, from the subject's folder.
    let image, mask: String
    let caption, plainCaption: String
    let scene, light: String
    /// In turns.
    let yaw, elevation: Float
    /// Share of the picture that is the subject, 0 to 1.
    let coverage: Float
    let isOccluded: Bool

    init(_ sample: ToyboxSample, image: String, mask: String) {
        (self.image, self.mask) = (image, mask)
        (caption, plainCaption) = (sample.caption, sample.plainCaption)
        let composition = sample.composition
        (scene, light) = (composition.scene.rawValue, composition.light.rawValue)
        (yaw, elevation, isOccluded) = (composition.yaw, composition.elevation, composition.isOccluded)
        let sum = sample.mask.reduce(0) { $0 + Int($1) }
        coverage = Float(sum) / Float(255 * sample.mask.count)
    }

    enum CodingKeys: String, CodingKey {
        case image, mask, caption
        case plainCaption = "plain_caption"
        case scene, light, yaw, elevation, coverage
        case isOccluded = "occluded"
    }
}
