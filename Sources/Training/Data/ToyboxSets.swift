import Foundation
import Images
import SyntheticSubjects

/// Sets that are drawn while they are asked for: every set is another toy, and no toy comes twice.
public struct ToyboxSets: SubjectSets {
    /// What `data` says to mean these, rather than a folder of that name.
    public static let name = "toybox"

    private let toybox: Toybox
    private let threads: Int

    public init(seed: UInt64, threads: Int = ProcessInfo.processInfo.activeProcessorCount) {
        toybox = Toybox(seed: seed)
        self.threads = threads
    }

    public func images(set index: Int, count: Int, width: Int, height: Int) throws -> [SubjectImage] {
        // Of eight subjects the last is held out.
        try images(of: index / 7 * 8 + index % 7, count: count, width: width, height: height)
    }

    public func heldOutImages(set index: Int, count: Int, width: Int, height: Int) throws -> [SubjectImage] {
        try images(of: index * 8 + 7, count: count, width: width, height: height)
    }

    private func images(of subject: Int, count: Int, width: Int, height: Int) throws -> [SubjectImage] {
        guard width == height else {
            throw TrainingError.contradiction(
                file: "data: \(Self.name)",
                reason: "its pictures are square, and \(width) x \(height) was asked for")
        }
        let samples = try ParallelWork.map(0..<count, threads: threads) { image in
            toybox.sample(subject: subject, image: image, size: width)
        }
        return samples.map { SubjectImage(image: $0.image, caption: $0.caption, mask: $0.mask) }
    }
}

/// What a configuration's `data` stands for.
public enum SubjectSource {
    /// The toybox, or a folder of subjects' folders.
    public static func open(_ data: String, seed: UInt64) throws(TrainingError) -> any SubjectSets {
        data == ToyboxSets.name
            ? ToyboxSets(seed: seed) : try SubjectFolders(folder: data, seed: seed)
    }
}
