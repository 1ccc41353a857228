import ArgumentParser
import Images
import JointDiffusion
import SubjectDaemon

/// The options for a picture that is started from, and for the part of it that is made.
struct StartingPicture: ParsableArguments {
    @Option(
        name: .customLong("init"),
        help: ArgumentHelp("Start from this photo, cropped to the middle and scaled.", valueName: "file"))
    var picture: String?
    @Option(
        help: ArgumentHelp(
            "Make only what is white in this picture; with --init. What is black stays the photo's.",
            valueName: "file"))
    var mask: String?
    @Option(
        help: """
            How far from --init the picture may go, above 0 and up to 1; 0.75 by default, and 1 with a mask.
            """)
    var strength: Double?

    func validate() throws {
        guard picture == nil else { return }
        if mask != nil { throw ValidationError("--mask needs --init, the photo that it belongs to.") }
        if strength != nil { throw ValidationError("--strength needs --init, the photo to start from.") }
    }

    /// Nil where nothing is started from.
    var effectiveStrength: Double? { picture == nil ? nil : strength ?? (mask == nil ? 0.75 : 1) }

    /// What was read of it.
    struct Loaded {
        let start: PictureStart
        let picture: GenerationRecord.Reference
        let maskPicture: GenerationRecord.Reference?
        /// The photo's bytes `[height, width, 3]`, and a byte for each pixel of the mask.
        fileprivate let known: (pixels: [UInt8], mask: [UInt8])?

        /// Gives a picture the photo's own pixels where the mask is black.
        func keepKnown(in pixels: inout [UInt8]) {
            guard let known else { return }
            for (pixel, byte) in known.mask.enumerated() where byte < 128 {
                for index in 3 * pixel..<3 * pixel + 3 { pixels[index] = known.pixels[index] }
            }
        }
    }

    /// - Parameter open: reads a photo; its error names the file.
    func load(
        for request: GenerationRequest, by pipeline: Pipeline, open: (String) throws -> PhotoFile
    ) throws -> Loaded? {
        guard let path = picture else { return nil }
        let (width, height) = (request.width, request.height)
        func read(_ path: String) throws -> (pixels: [UInt8], name: GenerationRecord.Reference) {
            let photo = try open(path)
            let fitted: RGBImage
            do { fitted = try photo.fitted(width: width, height: height) } catch {
                throw CommandError("\(path): \(error.reason)")
            }
            return (fitted.pixels, .init(name: photo.name, hash: photo.contentHash))
        }
        let photo = try read(path)
        guard let mask else {
            return Loaded(
                start: pipeline.start(pixels: photo.pixels, width: width, height: height),
                picture: photo.name, maskPicture: nil, known: nil)
        }
        let drawn = try read(mask)
        let bytes = (0..<width * height).map { drawn.pixels[3 * $0] }
        return Loaded(
            start: pipeline.start(pixels: photo.pixels, mask: bytes, width: width, height: height),
            picture: photo.name, maskPicture: drawn.name, known: (photo.pixels, bytes))
    }
}
