import Tensors

/// A prompt whose words count more or less, as AUTOMATIC1111 introduced it.
///
///     (word)      1.1 times        ((word))   1.1 times 1.1 times
///     (word:1.4)  1.4 times        [word]     divided by 1.1
///     \( \) \[ \] \\               the characters themselves
///
/// A bracket that is not closed holds to the end; one that was not opened stands for itself, as does a colon without a
/// number behind it.
public struct WeightedPrompt: Sendable, Equatable {
    public struct Segment: Sendable, Equatable {
        public var text: String
        public var weight: Double

        public init(text: String, weight: Double) {
            self.text = text
            self.weight = weight
        }
    }

    /// In order, neighbours of equal weight joined, none empty.
    public private(set) var segments: [Segment] = []

    private static let step = 1.1

    public init(_ prompt: String) {
        var rest = prompt[...]
        var open: [(bracket: Character, first: Int)] = []
        var parts: [Segment] = []
        func multiply(from first: Int, by factor: Double) {
            for index in first..<parts.count { parts[index].weight *= factor }
        }
        while let character = rest.popFirst() {
            switch character {
            case "\\":
                // Whatever follows stands for itself; a last backslash is one.
                parts.append(Segment(text: String(rest.popFirst() ?? "\\"), weight: 1))
            case "(", "[":
                open.append((character, parts.count))
            case ")" where open.last?.bracket == "(":
                multiply(from: open.removeLast().first, by: Self.step)
            case "]" where open.last?.bracket == "[":
                multiply(from: open.removeLast().first, by: 1 / Self.step)
            case ":":
                if open.last?.bracket == "(", let (factor, after) = Self.number(rest) {
                    multiply(from: open.removeLast().first, by: factor)
                    rest = after
                } else {
                    parts.append(Segment(text: ":", weight: 1))
                }
            default:
                parts.append(Segment(text: String(character), weight: 1))
            }
        }
        for (bracket, first) in open {
            multiply(from: first, by: bracket == "(" ? Self.step : 1 / Self.step)
        }
        for part in parts {
            if segments.last?.weight == part.weight {
                segments[segments.count - 1].text += part.text
            } else {
                segments.append(part)
            }
        }
    }

    /// A number and the bracket that ends it, with blanks around it or not.
    private static func number(_ text: Substring) -> (value: Double, after: Substring)? {
        guard let end = text.firstIndex(of: ")") else { return nil }
        let digits = text[..<end].drop { $0 == " " }
        let trimmed = digits.prefix { $0 != " " }
        guard digits.dropFirst(trimmed.count).allSatisfy({ $0 == " " }), !trimmed.isEmpty,
            trimmed.allSatisfy({ "+-.0123456789".contains($0) }), let value = Double(trimmed)
        else { return nil }
        return (value, text[text.index(after: end)...])
    }
}

extension CLIPTokenizer {
    /// Exactly `maximumLength` ids and as many weights; begin, end and padding have 1.
    public func encode(_ prompt: WeightedPrompt) -> (ids: [Int], weights: [Float]) {
        var content: [(id: Int, weight: Float)] = []
        for segment in prompt.segments {
            content += tokenIDs(segment.text).map { ($0, Float(segment.weight)) }
        }
        content = Array(content.prefix(max(0, maximumLength - 2)))
        let ids = [beginID] + content.map(\.id) + [endID]
        let weights = [1] + content.map(\.weight) + [1]
        let padding = max(0, maximumLength - ids.count)
        return (
            ids + Array(repeating: paddingID, count: padding), weights + Array(repeating: 1, count: padding)
        )
    }
}

extension Tensor {
    /// Captions `[captions, tokens, width]` with each token weighted; the mean of each caption stays what it was.
    public func weighted(_ weights: [[Float]]) -> Tensor {
        let result = Tensor(uninitialized: shape, on: backend)
        let (tokens, width) = (shape[1], shape[2])
        for (caption, weights) in weights.enumerated() {
            let rows = caption * tokens * width..<(caption + 1) * tokens * width
            var (before, after) = (0.0, 0.0)
            for index in rows {
                let value = floats[index]
                let scaled = value * weights[(index - rows.lowerBound) / width]
                before += Double(value)
                after += Double(scaled)
                result.floats[index] = scaled
            }
            guard weights.contains(where: { $0 != 1 }), after != 0 else { continue }
            let scale = Float(before / after)
            for index in rows { result.floats[index] *= scale }
        }
        return result
    }
}
