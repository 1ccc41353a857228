import ControlAPI
import JointDiffusion

/// What an order must keep to, whoever sends it.
enum OrderRules {
    /// What is wrong with it, with what is allowed; nil if nothing is.
    static func problem(with order: PictureOrder) -> String? {
        let options = order.options
        let picture = options.picture
        let tokens = PromptOptionRules.share
        let problems: [String?] = [
            subject(order.subject), text("the prompt", order.prompt, isNeeded: true),
            text("the negative prompt", picture.negativePrompt ?? "", isNeeded: false),
            range("steps", picture.steps, 1...1000), range("count", options.count, 1...100),
            range("priority", options.priority, -100...100), side("width", picture.width),
            side("height", picture.height), range("guidance", picture.guidance, 0...100),
            range("image guidance", picture.imageGuidance, 0...100),
            range("reference tokens", picture.referenceTokens, tokens),
            range("clip skip", picture.clipSkip, PromptOptionRules.clipSkip),
            range("eta", picture.eta, 0...1),
            range("deep every", picture.deepEvery, PromptOptionRules.deepEvery),
            range(
                "guidance interval", picture.guidanceInterval?.lowerBound, PromptOptionRules.noiseLevels),
            range(
                "guidance interval", picture.guidanceInterval?.upperBound, PromptOptionRules.noiseLevels),
            choice("sampler", picture.sampler, SamplerKind.allCases.map(\.rawValue)),
            choice("mode", picture.mode, ReferenceMode.allCases.map(\.rawValue)),
        ]
        return problems.compactMap(\.self).first
    }

    private static func subject(_ name: String) -> String? {
        guard name.isEmpty || name.contains("/") || name.hasPrefix(".") || name.utf8.count > 255 else {
            return nil
        }
        return "'\(name.prefix(80))' is no subject: name a folder directly under the root."
    }

    private static func text(_ what: String, _ text: String, isNeeded: Bool) -> String? {
        if isNeeded, !text.contains(where: { !$0.isWhitespace }) { return "\(what) is empty." }
        return text.utf8.count > 16 << 10 ? "\(what) is longer than 16 KiB." : nil
    }

    private static func range<Value: Comparable>(
        _ name: String, _ value: Value?, _ allowed: ClosedRange<Value>
    ) -> String? {
        guard let value, !allowed.contains(value) else { return nil }
        return "\(name) is \(value); it must be from \(allowed.lowerBound) to \(allowed.upperBound)."
    }

    private static func side(_ name: String, _ value: Int?) -> String? {
        guard let value, !(64...4096).contains(value) || value % 8 != 0 else { return nil }
        return "\(name) is \(value); it must be a multiple of 8 from 64 to 4096."
    }

    private static func choice(_ name: String, _ value: String?, _ allowed: [String]) -> String? {
        guard let value, !allowed.contains(value) else { return nil }
        return "\(name) is '\(value.prefix(80))'; choose one of \(allowed.joined(separator: ", "))."
    }
}
