import Foundation

/// Where the pictures of an evaluation lie, and what they are called: `DIR/<subject>/07-1.png` is the first picture of the
/// seventh prompt.
public enum PictureFolder {
    /// A picture and its prompt.
    public struct Entry: Sendable, Equatable {
        /// The prompt's place in the list, from 1.
        public var number: Int
        public var file: MaskedFile
    }

    /// The name of a picture of prompt `number`, the first `sample` being 1.
    public static func name(number: Int, sample: Int) -> String {
        "\(number < 10 ? "0" : "")\(number)-\(sample).png"
    }

    /// The pictures of a subject that some program made: each name begins with its prompt's number, and every prompt has
    /// one.
    /// - Parameter prompts: how many there are.
    public static func find(
        subject: String, in folder: String, prompts: Int
    ) throws(EvaluationError) -> [Entry] {
        let place = "\(folder)/\(subject)"
        var entries: [Entry] = []
        for file in try SubjectFolder.masked(SubjectFolder.pictures(in: place), in: place) {
            let name = URL(fileURLWithPath: file.path).lastPathComponent
            let digits = name.prefix { ("0"..."9").contains($0) }
            guard let number = Int(digits), (1...prompts).contains(number) else {
                throw .unnumberedPicture(file: file.path, prompts: prompts)
            }
            entries.append(Entry(number: number, file: file))
        }
        let there = Set(entries.map(\.number))
        let missing = (1...prompts).filter { !there.contains($0) }
        guard missing.isEmpty else {
            throw .missingPictures(folder: place, names: missing.map { $0 < 10 ? "0\($0)" : "\($0)" })
        }
        return entries.sorted { ($0.number, $0.file.path) < ($1.number, $1.file.path) }
    }
}
