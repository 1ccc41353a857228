import ArgumentParser
import JointDiffusion
import SubjectDaemon

/// How a picture can be watched while it is made.
struct PreviewOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Also write how the picture looks so far, again and again, as a PNG file: once a second at most, and \
            after the first one for a twentieth of the time at most. Of several pictures it shows the first.
            """, valueName: "file"))
    var preview: String?
    @Option(
        help: ArgumentHelp(
            """
            The tiny decoder that makes these: a diffusers folder of an AutoencoderTiny, or a file in TAESD's layout. \
            By default the model's VAE where that is one, else rough colours.
            """, valueName: "path"))
    var previewVae: String?

    func validate() throws {
        guard previewVae == nil || preview != nil else {
            throw ValidationError("--preview-vae makes previews; say with --preview FILE where they go.")
        }
    }

    /// What writes them; nil where none are asked for.
    func writer(for model: DiffusionModel) throws -> PreviewWriter? {
        guard let preview else { return nil }
        let latents = try previewVae.map { try LatentPreview(of: model, decoder: $0) }
        return PreviewWriter(PreviewMaker(latents ?? LatentPreview(of: model)), to: preview)
    }
}
