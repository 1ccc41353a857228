import ControlAPI
import JointDiffusion

/// Within what a prompt's options must be, whoever gives them.
enum PromptOptionRules {
    static let steps = 1...1000
    static let count = 1...100
    static let side = 64...4096
    static let guidance = 0.0...100.0
    static let share = 0.01...1.0
    static let eta = 0.0...1.0
    /// Above 0.
    static let strength = Double.leastNonzeroMagnitude...1.0
    static let clipSkip = 1...64
    static let deepEvery = 1...100
    static let noiseLevels = 0.0...1000.0
    static let seed: ClosedRange<Int64> = 0...Int64(UInt32.max)
    static let priority = -1000...1000
    /// Sides are multiples of this; a model may ask for more.
    static let sideMultiple = 8
    /// The most names or patterns of photos.
    static let photos = 64
    /// The longest name or pattern of a photo, in characters.
    static let photoName = 255
    /// What takes back the name of a file that the defaults give.
    static let noFile = "none"
    /// The longest prompt and the longest negative prompt, in characters.
    static let text = 2000

    /// What is wrong with options that did not come from a file, each as a sentence without its end.
    ///
    /// - Parameter hasStart: whether there is a photo to start from that the options do not name.
    static func problems(of options: PromptOptions, hasStart: Bool = false) -> [String] {
        let options = withoutNone(options)
        let picture = options.picture
        var problems: [String] = []
        func note(_ check: () throws -> Void) {
            do { try check() } catch { problems.append((error as? WritingMistake)?.text ?? "\(error)") }
        }
        note { try check(.steps, picture.steps, in: steps) }
        note { try check(.count, options.count, in: count) }
        note { try check(.priority, options.priority, in: priority) }
        note { try check(.clipSkip, picture.clipSkip, in: clipSkip) }
        note { try check(.deepEvery, picture.deepEvery, in: deepEvery) }
        if let interval = picture.guidanceInterval, interval.clamped(to: noiseLevels) != interval {
            problems.append("guidance_interval must be \(ClosedRange.noiseLevelsAllowed)")
        }
        for (option, value) in [
            (PromptOption.guidance, picture.guidance), (.imageGuidance, picture.imageGuidance),
            (.referenceTokens, picture.referenceTokens), (.eta, picture.eta),
            (.strength, picture.strength),
        ] { note { try check(option, value) } }
        note { try checkSide(.width, picture.width) }
        note { try checkSide(.height, picture.height) }
        if let name = picture.sampler { note { try checkName(.sampler, name, try sampler(name)) } }
        if let name = picture.mode { note { try checkName(.mode, name, try mode(name)) } }
        if let names = options.photos { note { _ = try photos(names) } }
        if let name = options.start { note { _ = try start(name) } }
        if let name = options.mask { note { _ = try mask(name) } }
        if options.start == nil && !hasStart {
            if options.mask != nil { problems.append(needsStart(.mask)) }
            if picture.strength != nil { problems.append(needsStart(.strength)) }
        }
        if let negative = picture.negativePrompt { note { _ = try text(.negativePrompt, negative) } }
        return problems
    }

    // MARK: One value each

    static func check(
        _ option: PromptOption, _ value: Int?, in range: ClosedRange<Int>
    ) throws(WritingMistake) {
        guard let value, !range.contains(value) else { return }
        throw refusal(option, "\(value)", wholeNumber(range))
    }

    static func wholeNumber(_ range: ClosedRange<Int>) -> String {
        "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }

    static func check(_ option: PromptOption, _ value: Double?) throws(WritingMistake) {
        let (range, allowed) = number(option)
        guard let value, !range.contains(value) else { return }
        throw refusal(option, "\(value)", allowed)
    }

    /// What a number may be, and how that is said.
    static func number(_ option: PromptOption) -> (range: ClosedRange<Double>, allowed: String) {
        switch option {
        case .referenceTokens: (share, "a number from 0.01 to 1, as 0.5")
        case .eta: (eta, "a number from 0 to 1, as 0.5")
        case .strength: (strength, "a number above 0 and up to 1, as 0.6")
        default: (guidance, "a number from 0 to 100, as 7.5")
        }
    }

    /// Names of other programs are for people: only files may have them.
    private static func checkName(
        _ option: PromptOption, _ written: String, _ name: String
    ) throws(WritingMistake) {
        guard written != name else { return }
        throw refusal(option, WritingMistake.quoted(written), name)
    }

    static func checkSide(_ option: PromptOption, _ value: Int?) throws(WritingMistake) {
        guard let value, !side.contains(value) || !value.isMultiple(of: sideMultiple) else { return }
        throw refusal(option, "\(value)", sideAllowed)
    }

    static let sideAllowed = "a multiple of 8 from 64 to 4096, in pixels"

    /// The sampler's own name, from any under which it is known.
    static func sampler(_ written: String) throws(WritingMistake) -> String {
        func plain(_ name: String) -> String {
            name.lowercased().replacing("+", with: "p").filter { !"_- ".contains($0) }
        }
        let name = plain(written)
        let kind = SamplerKind.allCases.first { [plain($0.rawValue), plain($0.displayName)].contains(name) }
        guard let kind else {
            throw refusal(
                .sampler, WritingMistake.quoted(written),
                "one of " + SamplerKind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return kind.rawValue
    }

    /// The mode's name.
    static func mode(_ written: String) throws(WritingMistake) -> String {
        guard let mode = ReferenceMode(rawValue: written.lowercased()) else {
            throw refusal(
                .mode, WritingMistake.quoted(written),
                "one of " + ReferenceMode.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return mode.rawValue
    }

    /// The name of the photo to start from; nil for none.
    static func start(_ written: String) throws(WritingMistake) -> String? {
        try file(.start, written, "none, or the name of one of the subject's photos, as IMG_0412.jpg") { _ in
            true
        }
    }

    /// The name of a mask; nil for none.
    static func mask(_ written: String) throws(WritingMistake) -> String? {
        try file(
            .mask, written,
            "none, mask.png, or a name that ends in .mask.png: such files are never taken for photos of the subject",
            isAllowed: FileRules.isMask)
    }

    private static func file(
        _ option: PromptOption, _ written: String, _ allowed: String, isAllowed: (String) -> Bool
    ) throws(WritingMistake) -> String? {
        if isNone(written) { return nil }
        guard !written.isEmpty, written.count <= photoName, isAllowed(written) else {
            throw refusal(option, WritingMistake.quoted(written), allowed)
        }
        return written
    }

    private static func isNone(_ written: String) -> Bool { written.lowercased() == noFile }

    /// The options with no name of a file where they say ``noFile``, as a prompt file's are once they are read.
    static func withoutNone(_ options: PromptOptions) -> PromptOptions {
        var options = options
        if options.start.map(isNone) == true { options.start = nil }
        if options.mask.map(isNone) == true { options.mask = nil }
        return options
    }

    /// What is wrong where an option of a photo to start from is there and that photo is not.
    static func needsStart(_ option: PromptOption) -> String {
        "\(option.rawValue) needs \(PromptOption.start.rawValue), "
            + (option == .mask ? "the photo that it belongs to" : "the photo to start from")
    }

    /// Names and patterns of photos.
    static func photos(_ written: [String]) throws(WritingMistake) -> [String] {
        guard !written.isEmpty, written.count <= photos,
            written.allSatisfy({ !$0.isEmpty && $0.count <= photoName })
        else {
            throw refusal(
                .photos, WrittenValue.list(written).shown,
                "from 1 to \(photos) names of photos; a * in a name stands for any letters, as in IMG_*.jpg")
        }
        return written
    }

    /// Words on one line, without blanks at the ends.
    static func text(_ option: PromptOption, _ written: String) throws(WritingMistake) -> String {
        let line = written.oneLineWithoutBlankEnds
        guard line.count <= text else {
            throw WritingMistake(
                "\(option.rawValue) has \(line.count) characters; at most \(text) are taken. Shorten it")
        }
        return line
    }

    static func refusal(_ option: PromptOption, _ value: String, _ allowed: String) -> WritingMistake {
        WritingMistake("\(option.rawValue) is \(value); it must be \(allowed)")
    }
}

extension StringProtocol {
    /// Without blanks at its ends, and with what would not be seen made blank.
    var oneLineWithoutBlankEnds: String {
        let visible = String(
            String.UnicodeScalarView(
                unicodeScalars.map {
                    let category = $0.properties.generalCategory
                    return category == .control || category == .lineSeparator
                        || category == .paragraphSeparator ? " " : $0
                }))
        guard let first = visible.firstIndex(where: { !$0.isWhitespace }),
            let last = visible.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(visible[first...last])
    }
}
