/// What a prompt can be given besides its words, by the name that is documented.
enum PromptOption: String, Sendable, CaseIterable {
    case prompt
    case negativePrompt = "negative_prompt"
    case count
    case seed
    case steps
    case sampler
    case guidance
    case imageGuidance = "image_guidance"
    case size
    case width
    case height
    case mode
    case referenceTokens = "reference_tokens"
    case weights
    case clipSkip = "clip_skip"
    case eta
    case deepEvery = "deep_every"
    case guidanceInterval = "guidance_interval"
    case start = "init"
    case strength
    case mask
    case photos
    case priority
    /// A1111's number of batches: with ``batchSize`` another way to say ``count``.
    case batches = "n_iter"
    /// See ``batches``.
    case batchSize = "batch_size"

    /// What its value is made of.
    enum Form: Sendable {
        /// Words.
        case text
        /// Several names.
        case list
        /// One number or name.
        case single
    }

    /// What its value is made of.
    var form: Form {
        switch self {
        case .prompt, .negativePrompt: .text
        case .photos: .list
        default: .single
        }
    }

    /// Those that can stand in a line.
    static let ofLines: [PromptOption] = [
        .negativePrompt, .count, .seed, .steps, .sampler, .guidance, .imageGuidance, .size, .width, .height,
        .mode, .referenceTokens, .weights, .clipSkip, .eta, .deepEvery, .guidanceInterval, .start,
        .strength, .mask, .photos, .priority, .prompt,
    ]

    /// Those that can stand in a file's front, in `subject.yaml` and in the defaults.
    static let ofFiles = ofLines.filter { $0 != .prompt }

    /// The option of that name, in any spelling that is understood: `negative prompt`, `cfg_scale`, `samplerName`.
    init?(written: String) {
        let plain = Self.plain(written)
        if let option = Self.allCases.first(where: { Self.plain($0.rawValue) == plain }) {
            self = option
        } else if let option = Self.otherNames[plain] {
            self = option
        } else {
            return nil
        }
    }

    private static func plain(_ name: String) -> String {
        name.lowercased().filter { !"_- ".contains($0) }
    }

    private static let otherNames: [String: PromptOption] = [
        "negative": .negativePrompt, "neg": .negativePrompt,
        "n": .count, "number": .count, "pictures": .count, "images": .count, "numimages": .count,
        "batchcount": .batches,
        "numinferencesteps": .steps, "samplingsteps": .steps,
        "samplername": .sampler, "samplingmethod": .sampler,
        "cfgscale": .guidance, "cfg": .guidance, "guidancescale": .guidance,
        "imagecfgscale": .imageGuidance, "imagecfg": .imageGuidance, "imageguidancescale": .imageGuidance,
        "resolution": .size, "w": .width, "h": .height,
        "referencemode": .mode, "promptweights": .weights, "emphasis": .weights,
        "initimage": .start, "denoisingstrength": .strength, "maskimage": .mask,
        "photo": .photos, "references": .photos, "reference": .photos,
        "prio": .priority,
    ]

    /// A1111's options that change nothing about the picture here.
    static func isIdle(_ written: String, _ value: WrittenValue) -> Bool {
        switch plain(written) {
        case "donotsavegrid", "promptfordisplay": true
        case "donotsavesamples", "restorefaces", "tiling":
            if case .text(let text) = value { text.lowercased() == "false" } else { false }
        default: false
        }
    }

    /// Whether it is an option of A1111 that does not exist here.
    static func isForeign(_ written: String) -> Bool {
        [
            "sdmodel", "outpathsamples", "outpathgrids", "styles", "subseed", "subseedstrength",
            "seedresizefromh", "seedresizefromw", "samplerindex", "restorefaces", "tiling",
            "donotsavesamples",
        ].contains(plain(written))
    }
}
