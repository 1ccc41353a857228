import ControlAPI

/// Understands options that a person wrote, one after the other: each once, each within its range.
struct PromptOptionReader: Sendable, Equatable {
    /// The options that may stand here.
    let allowed: [PromptOption]
    /// How an option is written here, for messages: `--steps` or `steps`.
    let prefix: String
    /// The words, where an option gave them.
    private(set) var prompt: String?
    private var options = PromptOptions()
    private var said: Set<PromptOption> = []
    private var batches = 1
    private var batchSize = 1

    /// - Parameter isLine: whether the options stand in a line, behind two dashes.
    init(isLine: Bool) {
        allowed = isLine ? PromptOption.ofLines : PromptOption.ofFiles
        prefix = isLine ? "--" : ""
    }

    /// Those that were said, and the defaults for the rest.
    func over(_ defaults: PromptOptions) -> PromptOptions {
        options.over(defaults, takenBack: takenBack)
    }

    /// The options of which nothing holds, whatever the defaults say: -1 takes back a seed, none a file.
    var takenBack: Set<PromptOption> {
        var unset: Set<PromptOption> = []
        if options.seed == nil { unset.insert(.seed) }
        if options.start == nil { unset.insert(.start) }
        if options.mask == nil { unset.insert(.mask) }
        return unset.intersection(said)
    }

    /// Whether that option was among them.
    func says(_ option: PromptOption) -> Bool { said.contains(option) }

    /// Takes in the next option.
    mutating func take(_ setting: WrittenSetting) throws(WritingMistake) {
        guard let option = PromptOption(written: setting.name) else {
            if PromptOption.isIdle(setting.name, setting.value) { return }
            throw unknown(setting.name).at(setting.line)
        }
        do throws(WritingMistake) {
            try take(option, setting.value)
        } catch {
            throw error.at(setting.line)
        }
    }

    private mutating func take(_ option: PromptOption, _ value: WrittenValue) throws(WritingMistake) {
        if option == .prompt && !allowed.contains(.prompt) {
            throw WritingMistake("prompt cannot stand here: each line of a prompt file is a prompt")
        }
        try remember(option)
        switch (option.form, value) {
        case (_, .nothing): throw WritingMistake("\(prefix)\(option.rawValue) has no value")
        case (_, .table):
            throw WritingMistake("\(option.rawValue) must be one value; put it in quotes if it has a { in it")
        case (.text, .text(let text)):
            let line = try PromptOptionRules.text(option, text)
            if option == .prompt { prompt = line } else { options.picture.negativePrompt = line }
        case (.list, .text(let text)):
            options.photos = try PromptOptionRules.photos(
                text.split(separator: ",").map(\.oneLineWithoutBlankEnds))
        case (.list, .list(let texts)): options.photos = try PromptOptionRules.photos(texts)
        case (.single, .text(let text)): try take(option, text.oneLineWithoutBlankEnds)
        case (.text, .list), (.single, .list):
            throw WritingMistake("\(option.rawValue) is a list; it must be one value")
        }
    }

    private mutating func take(_ option: PromptOption, _ text: String) throws(WritingMistake) {
        switch option {
        case .prompt, .negativePrompt, .photos: break
        case .steps: options.picture.steps = try number(option, text, in: PromptOptionRules.steps)
        case .count: options.count = try number(option, text, in: PromptOptionRules.count)
        case .batches:
            batches = try number(option, text, in: PromptOptionRules.count)
            try multiply()
        case .batchSize:
            batchSize = try number(option, text, in: PromptOptionRules.count)
            try multiply()
        case .priority: options.priority = try number(option, text, in: PromptOptionRules.priority)
        case .seed: options.seed = try seed(text)
        case .guidance: options.picture.guidance = try number(option, text)
        case .imageGuidance: options.picture.imageGuidance = try number(option, text)
        case .referenceTokens: options.picture.referenceTokens = try number(option, text)
        case .eta: options.picture.eta = try number(option, text)
        case .clipSkip: options.picture.clipSkip = try number(option, text, in: PromptOptionRules.clipSkip)
        case .deepEvery:
            options.picture.deepEvery = try number(option, text, in: PromptOptionRules.deepEvery)
        case .guidanceInterval: options.picture.guidanceInterval = try noiseLevels(option, text)
        case .start: options.start = try PromptOptionRules.start(text)
        case .mask: options.mask = try PromptOptionRules.mask(text)
        case .strength: options.picture.strength = try number(option, text)
        case .weights: options.picture.weights = try truth(option, text)
        case .width: options.picture.width = try side(option, text)
        case .height: options.picture.height = try side(option, text)
        case .size: (options.picture.width, options.picture.height) = try size(text)
        case .sampler: options.picture.sampler = try PromptOptionRules.sampler(text)
        case .mode: options.picture.mode = try PromptOptionRules.mode(text)
        }
    }

    /// An option that says the same thing as an earlier one leaves open which of them is meant.
    private mutating func remember(_ option: PromptOption) throws(WritingMistake) {
        let same: [PromptOption] =
            switch option {
            case .size: [.size, .width, .height]
            case .width, .height: [option, .size]
            case .count: [.count, .batches, .batchSize]
            case .batches, .batchSize: [option, .count]
            default: [option]
            }
        if let other = same.first(where: said.contains) {
            throw WritingMistake(
                other == option
                    ? "\(prefix)\(option.rawValue) stands more than once"
                    : "\(prefix)\(option.rawValue) and \(prefix)\(other.rawValue) say the same thing; keep one of them"
            )
        }
        said.insert(option)
    }

    private mutating func multiply() throws(WritingMistake) {
        options.count = batches * batchSize
        try PromptOptionRules.check(.count, options.count, in: PromptOptionRules.count)
    }

    // MARK: Values

    private func number(
        _ option: PromptOption, _ text: String, in range: ClosedRange<Int>
    ) throws(WritingMistake) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw refusal(option, text, PromptOptionRules.wholeNumber(range))
        }
        return number
    }

    private func seed(_ text: String) throws(WritingMistake) -> UInt32? {
        if text == "-1" || text.lowercased() == "random" { return nil }
        guard let seed = UInt32(text) else {
            throw refusal(
                .seed, text,
                "a whole number from 0 to \(PromptOptionRules.seed.upperBound), or -1 to leave it to jedid")
        }
        return seed
    }

    private func number(_ option: PromptOption, _ text: String) throws(WritingMistake) -> Double {
        let (range, allowed) = PromptOptionRules.number(option)
        guard let number = Double(text), range.contains(number) else { throw refusal(option, text, allowed) }
        return number
    }

    private func truth(_ option: PromptOption, _ text: String) throws(WritingMistake) -> Bool {
        switch text.lowercased() {
        case "yes", "true", "on", "1", "original": return true
        case "no", "false", "off", "0": return false
        default: throw refusal(option, text, "yes or no")
        }
    }

    private func noiseLevels(
        _ option: PromptOption, _ text: String
    ) throws(WritingMistake) -> ClosedRange<Double> {
        guard let interval = ClosedRange(noiseLevels: text) else {
            throw refusal(option, text, ClosedRange.noiseLevelsAllowed)
        }
        return interval
    }

    private func side(_ option: PromptOption, _ text: String) throws(WritingMistake) -> Int {
        guard let side = Int(text), PromptOptionRules.side.contains(side),
            side.isMultiple(of: PromptOptionRules.sideMultiple)
        else { throw refusal(option, text, PromptOptionRules.sideAllowed) }
        return side
    }

    private func size(_ text: String) throws(WritingMistake) -> (Int, Int) {
        let parts = text.lowercased().split(omittingEmptySubsequences: false) { "x×*".contains($0) }
            .map(\.oneLineWithoutBlankEnds)
        guard parts.count == 2 else {
            throw refusal(.size, text, "width x height in pixels, as 512x768")
        }
        return (try side(.width, parts[0]), try side(.height, parts[1]))
    }

    private func refusal(_ option: PromptOption, _ text: String, _ allowed: String) -> WritingMistake {
        let plain = !text.isEmpty && text.count <= 20 && text.allSatisfy { $0.isNumber || "+-.".contains($0) }
        let order =
            !prefix.isEmpty && text.contains(" ") ? ". The picture's words stand before its options" : ""
        return PromptOptionRules.refusal(
            option, plain ? text : WritingMistake.quoted(text), allowed + order)
    }

    private func unknown(_ name: String) -> WritingMistake {
        let shown = prefix + PlainLogHandler.oneLine(String(name.prefix(40)))
        if PromptOption.isForeign(name) {
            return WritingMistake(
                "\(shown) is an option of another program that jedid does not have; take it out")
        }
        let names = allowed.map(\.rawValue)
        let meant =
            NearestName.of(name.lowercased(), among: names).map {
                "; did you mean \(prefix)\($0)? There are "
            } ?? "; there are "
        let quotes =
            prefix.isEmpty ? "" : ". Words that begin with -- can stand in quotes: --prompt \"...\""
        return WritingMistake(
            "\(shown) is no option\(meant)\(names.map { prefix + $0 }.joined(separator: ", "))\(quotes)"
        )
    }
}

extension PromptOptions {
    /// These, and the defaults where they say nothing.
    ///
    /// - Parameter takenBack: the options for which the defaults do not count.
    func over(_ defaults: PromptOptions, takenBack: Set<PromptOption> = []) -> PromptOptions {
        var all = self
        all.picture.negativePrompt = picture.negativePrompt ?? defaults.picture.negativePrompt
        all.picture.steps = picture.steps ?? defaults.picture.steps
        all.picture.sampler = picture.sampler ?? defaults.picture.sampler
        all.picture.guidance = picture.guidance ?? defaults.picture.guidance
        all.picture.imageGuidance = picture.imageGuidance ?? defaults.picture.imageGuidance
        all.picture.width = picture.width ?? defaults.picture.width
        all.picture.height = picture.height ?? defaults.picture.height
        all.picture.mode = picture.mode ?? defaults.picture.mode
        all.picture.referenceTokens = picture.referenceTokens ?? defaults.picture.referenceTokens
        all.picture.weights = picture.weights ?? defaults.picture.weights
        all.picture.clipSkip = picture.clipSkip ?? defaults.picture.clipSkip
        all.picture.eta = picture.eta ?? defaults.picture.eta
        all.picture.deepEvery = picture.deepEvery ?? defaults.picture.deepEvery
        all.picture.guidanceInterval = picture.guidanceInterval ?? defaults.picture.guidanceInterval
        all.picture.strength = picture.strength ?? defaults.picture.strength
        all.count = count ?? defaults.count
        all.seed = takenBack.contains(.seed) ? seed : seed ?? defaults.seed
        all.photos = photos ?? defaults.photos
        all.start = takenBack.contains(.start) ? start : start ?? defaults.start
        all.mask = takenBack.contains(.mask) ? mask : mask ?? defaults.mask
        all.priority = priority ?? defaults.priority
        return all
    }
}
