import Images
import JointDiffusion

/// A photo that a picture is started from, read: what the pipeline takes of it, and what of it stays.
public struct StartingPicture {
    /// What the pipeline takes.
    public let start: PictureStart
    /// The photo's bytes `[height, width, 3]`, and a byte for each pixel of the mask.
    private let known: (pixels: [UInt8], mask: [UInt8])?

    /// - Parameters:
    ///   - photo: of the picture's size.
    ///   - mask: of the same size, white where the picture is made; nil: everywhere.
    /// - Throws: where nothing of the mask is white.
    public init(
        photo: RGBImage, mask: RGBImage? = nil, by pipeline: Pipeline
    ) throws(EngineFailure) {
        let (width, height) = (photo.width, photo.height)
        guard let mask else {
            start = pipeline.start(pixels: photo.pixels, width: width, height: height)
            known = nil
            return
        }
        let bytes = (0..<width * height).map { mask.pixels[3 * $0] }
        guard bytes.contains(where: { $0 >= 128 }) else {
            throw EngineFailure(
                "nothing is white in the mask's part that the picture shows, so that nothing would be made; paint white what is to be made"
            )
        }
        start = pipeline.start(pixels: photo.pixels, mask: bytes, width: width, height: height)
        known = (photo.pixels, bytes)
    }

    /// Gives a picture the photo's own pixels where the mask is black.
    public func keepKnown(in pixels: inout [UInt8]) {
        guard let known else { return }
        for (pixel, byte) in known.mask.enumerated() where byte < 128 {
            for index in 3 * pixel..<3 * pixel + 3 { pixels[index] = known.pixels[index] }
        }
    }

    /// Why a mask's file does not fit a photo's, as in ``misfit(mask:photo:)``.
    public static func misfit(mask: PhotoFile, photo: PhotoFile) -> String? {
        misfit(
            mask: (mask.name, mask.width, mask.height), photo: (photo.name, photo.width, photo.height))
    }

    /// Why a mask does not fit a photo, as a sentence without its end; nil where it does. They are cropped and scaled
    /// alike: a mask of other proportions would lie beside what it was painted over.
    static func misfit(
        mask: (name: String, width: Int, height: Int), photo: (name: String, width: Int, height: Int)
    ) -> String? {
        // Sides that were scaled and rounded to whole pixels are no further off.
        guard abs(mask.width * photo.height - mask.height * photo.width) > max(photo.width, photo.height)
        else { return nil }
        return
            "\(mask.name) has \(mask.width)x\(mask.height) pixels and \(photo.name) \(photo.width)x\(photo.height); "
            + "a mask must have its photo's size, or its proportions"
    }
}
