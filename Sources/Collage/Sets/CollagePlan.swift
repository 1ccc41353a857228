import Tensors

/// All that decides a set, known before anything is drawn: the same plan makes the same files.
struct CollagePlan: Codable, Equatable {
    /// Rises whenever the same plan makes other pictures.
    static let currentFormat = 1

    struct Picture: Codable, Equatable {
        let seed: UInt64
        /// What it is drawn as.
        let drawn: String
        /// What it shows in the end.
        let caption: String
        let backgroundSeed: UInt64

        enum CodingKeys: String, CodingKey {
            case seed, drawn, caption
            case backgroundSeed = "background_seed"
        }
    }

    var format = Self.currentFormat
    let number: Int
    let order: CollageOrder
    let modelHash: String
    let embedding: String
    let kind: String
    let phrase: String
    /// With panels: the whole picture's prompt.
    let collage: String?
    let pictures: [Picture]

    enum CodingKeys: String, CodingKey {
        case format, number, order, embedding, phrase, collage, pictures
        case modelHash = "model_hash"
        case kind = "class"
    }

    init(number: Int, order: CollageOrder, prompts: any CollagePrompts, modelHash: String, embedding: String)
    {
        (self.number, self.order, self.modelHash, self.embedding) = (number, order, modelHash, embedding)
        let seed = RandomSource.seed(order.seed, stream: number)
        let subject = prompts.subject(number, seed: RandomSource.seed(seed, stream: -1))
        (kind, phrase) = (subject.kind, subject.phrase)
        var random = RandomSource(seed: RandomSource.seed(seed, stream: -2))
        let scenes = Self.shuffled(subject.scenes, &random)
        var panels: String?
        if case .panels(let rows, let columns) = order.drawing {
            panels =
                "a collage of \(rows * columns) photos of the same \(subject.phrase.dropArticle), "
                + "\(rows) rows and \(columns) columns, each in another place"
        }
        collage = panels
        pictures = (0..<order.images).map { image in
            // Backgrounds come from behind those scenes in which others are drawn, as far as there are so many.
            let drawnIn = scenes[image % scenes.count]
            let shownIn = order.repaintsBackgrounds ? scenes[(image + order.images) % scenes.count] : drawnIn
            return Picture(
                seed: RandomSource.seed(seed, stream: 2 * image),
                drawn: panels == nil ? subject.caption(in: drawnIn) : "a photo of \(subject.phrase)",
                caption: panels != nil && !order.repaintsBackgrounds
                    ? "a photo of \(subject.phrase)" : subject.caption(in: shownIn),
                backgroundSeed: RandomSource.seed(seed, stream: 2 * image + 1))
        }
    }

    /// As in "red-cat-00012".
    var folderName: String {
        let words = phrase.dropArticle.lowercased().unicodeScalars
            .map { ("a"..."z").contains($0) || ("0"..."9").contains($0) ? Character($0) : "-" }
        let slug = String(words).split(separator: "-").joined(separator: "-").prefix(48)
        let digits = String(number)
        return (slug.isEmpty ? "subject" : slug) + "-"
            + String(repeating: "0", count: max(0, 5 - digits.count))
            + digits
    }

    /// What differs, by name.
    func differences(from other: CollagePlan) -> [String] {
        let (a, b) = (order, other.order)
        let compared: [(String, Bool)] = [
            ("version", format == other.format), ("model", modelHash == other.modelHash),
            ("embedding", embedding == other.embedding), ("seed", a.seed == b.seed),
            ("images", a.images == b.images), ("drawing", a.drawing == b.drawing),
            ("size", a.width == b.width && a.height == b.height), ("steps", a.steps == b.steps),
            ("sampler", a.sampler == b.sampler), ("guidance", a.guidance == b.guidance),
            ("negative prompt", a.negativePrompt == b.negativePrompt), ("masks", a.masks == b.masks),
            ("backgrounds", a.repaintsBackgrounds == b.repaintsBackgrounds),
            ("threshold", a.threshold == b.threshold), ("borders", a.needsBorders == b.needsBorders),
        ]
        let names = compared.filter { !$0.1 }.map(\.0)
        return names.isEmpty && self != other ? ["prompts"] : names
    }

    private static func shuffled(_ words: [String], _ random: inout RandomSource) -> [String] {
        var words = words
        for last in words.indices.dropFirst().reversed() {
            words.swapAt(last, Int(random.next() % UInt64(last + 1)))
        }
        return words
    }
}

extension String {
    /// Without "a", "an" or "the" in front.
    fileprivate var dropArticle: String {
        for article in ["a ", "an ", "the "] where hasPrefix(article) {
            return String(dropFirst(article.count))
        }
        return self
    }
}
