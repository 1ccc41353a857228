import Images
import JointDiffusion

/// The previews of one picture.
public struct PreviewMaker {
    /// A preview's longer side, in pixels, unless it has more latents.
    static let smallest = 192
    /// What is larger is scaled down: previews pass through pipes and sockets.
    static let largest = 768

    private let preview: LatentPreview
    private let time: any TimeSource
    private var pace: PreviewPace

    /// A picture begins, or is gone on with.
    public init(_ preview: LatentPreview) {
        self.init(preview, time: SystemTime())
    }

    init(_ preview: LatentPreview, time: any TimeSource) {
        self.preview = preview
        self.time = time
        pace = PreviewPace(at: time.now.uptime)
    }

    /// A PNG file where one is due after a step; there is none after the last one, since the picture itself comes then.
    public mutating func png(after step: GenerationStep) -> [UInt8]? {
        let begin = time.now.uptime
        guard step.progress.step < step.progress.total, pace.isDue(at: begin) else { return nil }
        let png = Self.png(preview.image(of: step.cleanLatents))
        pace.made(from: begin, to: time.now.uptime)
        return png
    }

    /// A preview is no reason to fail.
    private static func png(_ image: LatentPreview.Image?) -> [UInt8]? {
        guard let image else { return nil }
        let side = max(image.width, image.height)
        var picture = RGBImage(width: image.width, height: image.height, pixels: image.pixels)
        if side > largest {
            picture = picture.resized(
                width: max(1, image.width * largest / side), height: max(1, image.height * largest / side))
        } else {
            let scale = max(1, smallest / side)
            picture = picture.resized(width: image.width * scale, height: image.height * scale)
        }
        return try? PNGEncoder.encode(picture, text: [])
    }
}
