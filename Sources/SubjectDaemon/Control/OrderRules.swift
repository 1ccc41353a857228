import ControlAPI

/// What an order must keep to, whoever sends it.
enum OrderRules {
    /// The longest prompt that is taken, in bytes.
    private static let promptBytes = 16 << 10

    /// What is wrong with it, with what is allowed; nil if nothing is.
    static func problem(with order: PictureOrder) -> String? {
        let options = PromptOptionRules.problems(of: order.options, hasStart: order.startHash != nil)
        return subject(order.subject) ?? prompt(order.prompt) ?? contents(of: order)
            ?? options.first.map { $0 + "." }
    }

    /// The photo to start from and its mask are both known by their contents, or both by their names.
    private static func contents(of order: PictureOrder) -> String? {
        let mask = PromptOptionRules.withoutNone(order.options).mask
        if order.startHash == nil && order.maskHash != nil {
            return "the mask's contents are given and those of the photo to start from are not: give both."
        }
        if order.startHash != nil && order.maskHash == nil && mask != nil {
            return "the contents of the photo to start from are given and the mask's are not: give both."
        }
        return nil
    }

    private static func subject(_ name: String) -> String? {
        guard name.isEmpty || name.contains("/") || name.hasPrefix(".") || name.utf8.count > 255 else {
            return nil
        }
        return "'\(name.prefix(80))' is no subject: name a folder directly under the root."
    }

    private static func prompt(_ text: String) -> String? {
        if !text.contains(where: { !$0.isWhitespace }) { return "the prompt is empty." }
        return text.utf8.count > promptBytes ? "the prompt is longer than 16 KiB." : nil
    }
}
