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
    var size: PixelSize?

    @Option(
        name: .long, help: "How the photos are used.",
        completion: .list(["none", "joint", "cached", "matched"]))
    var mode: String?

    @Option(
        name: .long, help: "The share of the photos' tokens that is attended to, those that count most.")
    var referenceTokens: Double?

    @Flag(name: .long, help: "(word:1.2), (word) and [word] make words count more or less.")
    var weights = false

    @Option(name: .long, help: "Which of the text encoder's layers is read, from the last, which is 1.")
    var clipSkip: Int?

    @Option(name: .long, help: "How much noise ddim adds on its way, 0 to 1.")
    var eta: Double?

    @Option(
        name: .long,
        help: "All levels of the network run in each so manieth step only: faster, nearly the same.")
    var deepEvery: Int?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Noise levels within which guidance works, as 0.3-5: fewer passes.", valueName: "from-to"))
    var guidanceInterval: NoiseLevels?

    @Option(
        name: .long, parsing: .upToNextOption,
        help: "The photos to use, by name or pattern; the subject's first ones by default.")
    var photos: [String] = []

    @Option(
        name: .customLong("init"),
        help: ArgumentHelp(
            "Start from this photo of the subject, cropped to the middle and scaled.", valueName: "name"))
    var start: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Make only what is white in this mask, mask.png or NAME.mask.png beside the photos; with --init.",
            valueName: "name"))
    var mask: String?

    @Option(
        name: .long,
        help: "How far from --init the picture may go, above 0 and up to 1; 0.75, and 1 with a mask.")
    var strength: Double?

    @Option(name: .long, help: "Among all that waits the highest is next.")
    var priority: Int?

    /// For the daemon, which holds the values against what it can do.
    var options: PromptOptions {
        PromptOptions(
            picture: PictureOptions(
                negativePrompt: negativePrompt, steps: steps, sampler: sampler, guidance: guidance,
                imageGuidance: imageGuidance, width: size?.width, height: size?.height, mode: mode,
                referenceTokens: referenceTokens, weights: weights ? true : nil, clipSkip: clipSkip, eta: eta,
                deepEvery: deepEvery, guidanceInterval: guidanceInterval?.interval, strength: strength),
            count: count, seed: seed, photos: photos.isEmpty ? nil : photos, start: start, mask: mask,
            priority: priority)
    }
}

/// Two noise levels.
struct NoiseLevels: ExpressibleByArgument {
    let interval: ClosedRange<Double>

    init?(argument: String) {
        guard let interval = ClosedRange(noiseLevels: argument) else { return nil }
        self.interval = interval
    }
}

extension PixelSize: ExpressibleByArgument {
    /// As an argument says it.
    public init?(argument: String) { self.init(argument) }
}
