import ArgumentParser
import Images
import JointDiffusion
import SubjectDaemon

/// The options for a picture that is started from, and for the part of it that is made.
struct StartOptions: ParsableArguments {
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
    var effectiveStrength: Double? {
        picture.map { _ in PictureStart.strength(strength, hasMask: mask != nil) }
    }

    /// What was read of it.
    struct Loaded {
        let picture: StartingPicture
        let photoName: GenerationRecord.Reference
        let maskName: GenerationRecord.Reference?
    }

    /// - Parameter open: reads a photo; its error names the file.
    func load(
        for request: GenerationRequest, by pipeline: Pipeline, open: (String) throws -> PhotoFile
    ) throws -> Loaded? {
        guard let path = picture else { return nil }
        func read(_ path: String) throws -> (
            file: PhotoFile, image: RGBImage, name: GenerationRecord.Reference
        ) {
            let photo = try open(path)
            do {
                return (
                    photo, try photo.fitted(width: request.width, height: request.height),
                    .init(name: photo.name, hash: photo.contentHash)
                )
            } catch {
                throw CommandError("\(path): \(error.reason)")
            }
        }
        let photo = try read(path)
        let mask = try mask.map(read)
        if let mask, let misfit = StartingPicture.misfit(mask: mask.file, photo: photo.file) {
            throw CommandError(misfit + ".")
        }
        return Loaded(
            picture: try StartingPicture(photo: photo.image, mask: mask?.image, by: pipeline),
            photoName: photo.name, maskName: mask?.name)
    }
}
