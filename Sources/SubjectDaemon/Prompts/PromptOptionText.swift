import ControlAPI

/// Says options as a prompt file would.
enum PromptOptionText {
    /// Every option by its documented name, its value where it has one, and what holds where it has none.
    static func all(_ options: PromptOptions) -> [(name: String, value: String?, otherwise: String)] {
        let picture = options.picture
        let ofModel = "the model's own"
        return [
            (.negativePrompt, picture.negativePrompt, "none"),
            (.count, options.count.map(String.init), "1"),
            (.seed, options.seed.map { String($0) }, "from the job"),
            (.steps, picture.steps.map(String.init), ofModel),
            (.sampler, picture.sampler, ofModel),
            (.guidance, picture.guidance.map(number), ofModel),
            (.imageGuidance, picture.imageGuidance.map(number), ofModel),
            (.width, picture.width.map(String.init), ofModel),
            (.height, picture.height.map(String.init), ofModel),
            (.mode, picture.mode, ofModel),
            (.referenceTokens, picture.referenceTokens.map(number), "all"),
            (.weights, picture.weights.map { $0 ? "yes" : "no" }, "no"),
            (.clipSkip, picture.clipSkip.map(String.init), "1"),
            (.eta, picture.eta.map(number), "0"),
            (.deepEvery, picture.deepEvery.map(String.init), "1"),
            (
                .guidanceInterval,
                picture.guidanceInterval.map { "\(number($0.lowerBound))-\(number($0.upperBound))" },
                "everywhere"
            ),
            (.start, options.start, "none"),
            (.strength, picture.strength.map(number), "0.75, with a mask 1"),
            (.mask, options.mask, "none"),
            (.photos, options.photos?.joined(separator: ", "), "the first by name"),
            (.priority, options.priority.map(String.init), "0"),
        ].map { (option: PromptOption, value: String?, otherwise: String) in
            (option.rawValue, value, otherwise)
        }
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? String(value)
    }
}
