/// How text is dressed for its reader.
struct TextStyle {
    /// The meanings that a colour stands for.
    enum Tone: String {
        case heading = "1"
        case good = "32"
        case busy = "36"
        case attention = "33"
        case bad = "31"
        case quiet = "2"
    }

    /// Whether colours are shown.
    var colours: Bool
    /// Columns of the terminal; nil when the reader is a file or a pipe.
    var width: Int?

    /// The text in a tone.
    func callAsFunction(_ text: String, _ tone: Tone) -> String {
        colours && !text.isEmpty ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Text from a file name or a prompt, without what would steer the terminal.
    static func safe(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }

    /// At most so many characters, with an ellipsis for what is cut away.
    static func shortened(_ text: String, to limit: Int) -> String {
        text.count <= limit ? text : text.prefix(max(limit - 1, 1)) + "…"
    }

    /// The text in quotation marks, cut to what a terminal has room for.
    ///
    /// - Parameter reserved: columns that are for something else.
    func quoted(_ text: String, reserved: Int) -> String {
        let text = Self.safe(text)
        guard let width else { return "\"\(text)\"" }
        return "\"\(Self.shortened(text, to: max(width - reserved, 20)))\""
    }

    /// How far something is, to be looked at.
    static func bar(percent: Int) -> String {
        let full = min(max(percent, 0), 100) * 20 / 100
        return String(repeating: "█", count: full) + String(repeating: "░", count: 20 - full)
    }
}
