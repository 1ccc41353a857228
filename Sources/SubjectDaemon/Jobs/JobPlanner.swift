import ControlAPI
import Crypto

/// The photos and the mask that a line's names, or the lack of them, came to.
struct PhotoChoice: Sendable, Equatable {
    /// The photos to use.
    var references: [PictureRequest.Reference] = []
    /// What to start from.
    var start: StartPhotos?
    /// Why they are not all that the line asks for, as a sentence without its end. Nothing is made of the line then.
    var problem: String?
}

/// Turns a prompt and photos into jobs. Pure: the same in, the same out.
enum JobPlanner {
    /// The jobs of all lines, in their order, what is to be told to the prompt's writer, and the numbers of the lines
    /// that this is about.
    ///
    /// A line that asks for several pictures is as good as that many lines. Where it gives a seed, the further
    /// pictures have the next ones, and a line that asks for the same once more makes no second picture.
    ///
    /// - Parameters:
    ///   - source: the prompt file's name.
    ///   - photos: what came of the names of photos and masks in the lines' options.
    static func plan(
        subject: String, source: String?, lines: [PromptLine], photos: (PictureWish) -> PhotoChoice
    ) -> (jobs: [PlannedJob], problems: [String], waiting: [Int]) {
        var jobs: [PlannedJob] = []
        var keys: Set<String> = []
        var problems: [String] = []
        var waiting: [Int] = []
        for line in lines {
            let choice = photos(line.options.pictures)
            if let problem = choice.problem {
                problems.append(
                    WritingMistake(problem + ". Its picture is made once that is mended", line: line.number)
                        .sentence)
                waiting.append(line.number)
                continue
            }
            for index in 0..<line.pictures {
                let job = job(subject, source, line, index, choice)
                if keys.insert(job.key).inserted { jobs.append(job) }
            }
        }
        return (jobs, problems, waiting)
    }

    /// The jobs of lines that all use the same photos.
    static func jobs(
        subject: String, lines: [PromptLine], references: [PictureRequest.Reference],
        start: StartPhotos? = nil
    ) -> [PlannedJob] {
        plan(subject: subject, source: nil, lines: lines) { _ in
            PhotoChoice(references: references, start: start)
        }.jobs
    }

    private static func job(
        _ subject: String, _ source: String?, _ line: PromptLine, _ index: Int,
        _ photos: PhotoChoice
    ) -> PlannedJob {
        let options = line.options.picture
        let seed = line.options.seed.map { $0 &+ UInt32(truncatingIfNeeded: index) }
        let key = key(
            subject: subject, prompt: line.text, copy: seed == nil ? line.copy + index : 0, options: options,
            seed: seed, references: photos.references, start: photos.start)
        return PlannedJob(
            key: key.hexadecimal, subject: subject, prompt: line.text, options: options,
            seed: seed ?? self.seed(of: key), references: photos.references,
            start: photos.start, source: source,
            priority: line.options.priority ?? 0)
    }

    /// The SHA-256 over all that the picture depends on.
    ///
    /// - Parameter seed: the seed, where the prompt gives one.
    static func key(
        subject: String, prompt: String, copy: Int, options: PictureOptions, seed: UInt32? = nil,
        references: [PictureRequest.Reference], start: StartPhotos? = nil
    ) -> [UInt8] {
        var hash = SHA256()
        for part in ["jedi-job/1", subject, prompt, String(copy)] { hash.update(part: part) }
        for (name, value) in options.named { hash.update(part: "\(name)=\(value)") }
        if let seed { hash.update(part: "seed=\(seed)") }
        if let start {
            hash.update(part: "init=\(start.photo.contentHash)")
            if let mask = start.mask { hash.update(part: "mask=\(mask.contentHash)") }
        }
        for contentHash in references.map(\.contentHash).sorted() { hash.update(part: contentHash) }
        return Array(hash.finalize())
    }

    /// Unless the prompt gives one: from the key, so that the picture can be made again.
    static func seed(of key: [UInt8]) -> UInt32 {
        key.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension PictureOptions {
    /// What is set, in a fixed order.
    fileprivate var named: [(String, String)] {
        var pairs: [(String, String)] = []
        func add(_ name: String, _ value: (some CustomStringConvertible)?) {
            if let value { pairs.append((name, value.description)) }
        }
        add("negativePrompt", negativePrompt)
        add("steps", steps)
        add("sampler", sampler)
        add("guidance", guidance)
        add("imageGuidance", imageGuidance)
        add("width", width)
        add("height", height)
        add("mode", mode)
        add("referenceTokens", referenceTokens)
        add("weights", weights)
        add("clipSkip", clipSkip)
        add("eta", eta)
        add("deepEvery", deepEvery)
        add("guidanceInterval", guidanceInterval)
        add("strength", strength)
        return pairs
    }
}
