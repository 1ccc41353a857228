import Foundation

/// CLIP's text normalisation and its split into words.
enum CLIPTextSplitter {
    /// Canonical composition, runs of white space to one space, lower case scalar by scalar.
    static func normalized(_ text: some StringProtocol) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var inWhitespace = false
        for scalar in text.precomposedStringWithCanonicalMapping.unicodeScalars {
            if scalar.properties.isWhitespace {
                if !inWhitespace { result.append(" ") }
                inWhitespace = true
            } else {
                inWhitespace = false
                // Scalar by scalar, so that a capital sigma never becomes a final one.
                result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        return result
    }

    /// Words of normalised text: contractions, runs of letters, single digits, runs of anything else.
    static func words(_ scalars: some Collection<Unicode.Scalar>) -> [[Unicode.Scalar]] {
        let scalars = Array(scalars)
        var words: [[Unicode.Scalar]] = []
        var index = 0
        while index < scalars.count {
            let rest = scalars[index...]
            if let marker = markers.first(where: { rest.starts(with: $0.joined()) }) {
                // A marker that is no special token here is still cut off from its neighbours.
                words += marker
                index += marker.joined().count
                continue
            }
            if let contraction = contractions.first(where: { rest.starts(with: $0) }) {
                words.append(contraction)
                index += contraction.count
                continue
            }
            let kind = Kind(scalars[index])
            let end: Int
            switch kind {
            case .space:
                index += 1
                continue
            case .number:
                end = index + 1
            case .letter, .other:
                end = scalars[index...].firstIndex { Kind($0) != kind } ?? scalars.count
            }
            words.append(Array(scalars[index..<end]))
            index = end
        }
        return words
    }

    private static let markers: [[[Unicode.Scalar]]] = ["startoftext", "endoftext"].map { name in
        ["<|", name, "|>"].map { Array($0.unicodeScalars) }
    }

    private static let contractions: [[Unicode.Scalar]] =
        ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map { Array($0.unicodeScalars) }

    private enum Kind {
        case space, letter, number, other

        init(_ scalar: Unicode.Scalar) {
            let properties = scalar.properties
            if properties.isWhitespace {
                self = .space
                return
            }
            switch properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
                self = .letter
            case .decimalNumber, .letterNumber, .otherNumber: self = .number
            default: self = .other
            }
        }
    }
}
