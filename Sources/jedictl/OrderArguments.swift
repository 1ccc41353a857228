import ArgumentParser
import ControlAPI

/// What a picture that is ordered shall be like, as a prompt line says it.
struct OrderArguments: ParsableArguments {
    @Option(name: .long, help: "What the picture does not show.")
    var negativePrompt: String?

    @Option(name: .long, help: "How many pictures.")
    var count: Int?

    @Option(name: .long, help: "The seed of the first picture.")
    var seed: UInt32?

    @Option(name: .long, help: "Denoising steps.")
    var steps: Int?

    @Option(
        name: .long, help: "How noise becomes a picture.",
        completion: .list([
            "ddim", "dpmpp_2m", "dpmpp_2m_karras", "dpmpp_2m_sde", "euler", "euler_a", "lcm", "unipc",
        ]))
    var sampler: String?

    @Option(name: .long, help: "Guidance towards the prompt.")
    var guidance: Double?

    @Option(name: .long, help: "Guidance towards the photos.")
    var imageGuidance: Double?

    @Option(name: .long, help: ArgumentHelp("The size in pixels.", valueName: "widthxheight"))
    var size: PictureSize?

    @Option(
        name: .long, help: "How the photos are used.",
        completion: .list(["none", "joint", "cached", "matched"]))
    var mode: String?

    @Option(
        name: .long, parsing: .upToNextOption,
        help: "The photos to use, by name or pattern; the subject's first ones by default.")
    var photos: [String] = []

    @Option(name: .long, help: "Among all that waits the highest is next.")
    var priority: Int?

    /// For the daemon, which holds the values against what it can do.
    var options: PromptOptions {
        PromptOptions(
            picture: PictureOptions(
                negativePrompt: negativePrompt, steps: steps, sampler: sampler, guidance: guidance,
                imageGuidance: imageGuidance, width: size?.width, height: size?.height, mode: mode),
            count: count, seed: seed, photos: photos.isEmpty ? nil : photos, priority: priority)
    }
}

/// A size in pixels, written `WIDTHxHEIGHT`.
struct PictureSize: ExpressibleByArgument, Equatable {
    var width: Int
    var height: Int

    init?(argument: String) {
        let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sides.count == 2, let width = sides[0], let height = sides[1], width > 0, height > 0 else {
            return nil
        }
        self.width = width
        self.height = height
    }
}
