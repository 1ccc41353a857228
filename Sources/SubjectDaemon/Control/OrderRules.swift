import ControlAPI

/// What an order must keep to, whoever sends it.
enum OrderRules {
    /// The longest prompt that is taken, in bytes.
    private static let promptBytes = 16 << 10

    /// What is wrong with it, with what is allowed; nil if nothing is.
    static func problem(with order: PictureOrder) -> String? {
        let options = PromptOptionRules.problems(of: order.options, hasStart: order.startHash != nil)
        return subject(order.subject) ?? prompt(order.prompt) ?? options.first.map { $0 + "." }
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
