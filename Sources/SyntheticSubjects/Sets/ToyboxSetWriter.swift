import Foundation
import Images

/// Writes subjects as folders that `jedid` takes as they are: photos and a `subject.yaml`, and in a hidden folder, which
/// it passes over, masks and captions.
///
/// A folder appears whole or not at all, and none that is there is ever changed.
public struct ToyboxSetWriter: Sendable {
    public let order: ToyboxOrder
    public let folder: String

    /// What became of a subject.
    public enum Outcome: Sendable, Equatable {
        case made
        /// It was there, complete and with the same parameters.
        case kept
    }

    /// Where masks and captions are, in a subject's folder.
    static let hiddenName = ".toybox"

    public init(order: ToyboxOrder, folder: String) {
        (self.order, self.folder) = (order, folder)
    }

    /// Makes the folder, takes it for this process, and looks at every set that is there, so that a conflict is told
    /// before anything is written.
    ///
    /// - Returns: how many sets are there already.
    /// - Throws: `ToyboxSetError`.
    public func prepare() throws -> (lock: FolderLock, complete: Int) {
        var status = stat()
        if stat(folder, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
            throw ToyboxSetError.notAFolder(path: folder)
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch { throw ToyboxSetError.unwritable(path: folder, reason: SystemReason.of(error)) }
        let lock = try hold()
        var complete = 0
        for subject in order.numbers where try isComplete(ToyboxSetRecord(order, subject: subject)) {
            complete += 1
        }
        return (lock, complete)
    }

    private func hold() throws(ToyboxSetError) -> FolderLock {
        let file = "\(folder)/.toybox.lock"
        do { return try FolderLock(file: file) } catch {
            switch error {
            case .busy: throw .busy(folder: folder)
            case .system(let reason): throw .unwritable(path: file, reason: reason)
            }
        }
    }

    /// Makes a subject's folder, unless it is there.
    ///
    /// - Throws: `ToyboxSetError`, `ImageError`.
    public func write(subject: Int) throws -> Outcome {
        let record = ToyboxSetRecord(order, subject: subject)
        if try isComplete(record) { return .kept }
        let (place, part) = (path(record), "\(folder)/.toybox-part-\(record.folderName)")
        // What an interrupted run left.
        try? FileManager.default.removeItem(atPath: part)
        do { try fill(part, record) } catch {
            try? FileManager.default.removeItem(atPath: part)
            throw error
        }
        // Takes the place of nothing but an empty folder.
        guard rename(part, place) == 0 else {
            let error = ToyboxSetError.system(place)
            try? FileManager.default.removeItem(atPath: part)
            throw error
        }
        return .made
    }

    private func path(_ record: ToyboxSetRecord) -> String { "\(folder)/\(record.folderName)" }

    private func fill(_ part: String, _ record: ToyboxSetRecord) throws {
        let hidden = "\(part)/\(Self.hiddenName)"
        do {
            try FileManager.default.createDirectory(atPath: hidden, withIntermediateDirectories: true)
        } catch { throw ToyboxSetError.unwritable(path: hidden, reason: SystemReason.of(error)) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var manifest = Data()
        for image in 0..<record.images {
            let sample = order.sample(subject: record.subject, image: image)
            let (photo, mask) = names(image)
            try save(Data(try PNGEncoder.encode(sample.image)), "\(part)/\(photo)")
            let grey = RGBImage(
                width: order.size, height: order.size, pixels: sample.mask.flatMap { [$0, $0, $0] })
            try save(Data(try PNGEncoder.encode(grey)), "\(part)/\(mask)")
            manifest +=
                try encoder.encode(ToyboxPictureRecord(sample, image: photo, mask: mask)) + Data("\n".utf8)
        }
        try save(Data("class: \(record.kind.noun)\n".utf8), "\(part)/subject.yaml")
        try save(manifest, "\(hidden)/manifest.jsonl")
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try save(try encoder.encode(record) + Data("\n".utf8), "\(hidden)/set.json")
    }

    private func save(_ data: Data, _ path: String) throws(ToyboxSetError) {
        do { try data.write(to: URL(fileURLWithPath: path)) } catch {
            throw .unwritable(path: path, reason: SystemReason.of(error))
        }
    }

    /// Of a picture and its mask, from the subject's folder.
    private func names(_ image: Int) -> (photo: String, mask: String) {
        let digits = max(2, String(order.images).count)
        let number = String(image + 1)
        let padded = String(repeating: "0", count: digits - number.count) + number
        return ("photo\(padded).png", "\(Self.hiddenName)/mask\(padded).png")
    }

    /// Whether the set is there; throws where something else is in its place.
    private func isComplete(_ record: ToyboxSetRecord) throws(ToyboxSetError) -> Bool {
        let place = path(record)
        var status = stat()
        guard lstat(place, &status) == 0 else {
            if errno == ENOENT { return false }
            throw .system(place)
        }
        if let names = try? FileManager.default.contentsOfDirectory(atPath: place), names.isEmpty {
            return false
        }
        guard let data = FileManager.default.contents(atPath: "\(place)/\(Self.hiddenName)/set.json"),
            let found = try? JSONDecoder().decode(ToyboxSetRecord.self, from: data)
        else { throw .foreign(folder: place) }
        guard found == record else {
            let version = found.format == record.format ? "" : " by another version of this program"
            throw .otherParameters(folder: place, made: found.parameters + version, asked: record.parameters)
        }
        for image in 0..<record.images {
            let (photo, mask) = names(image)
            for file in [photo, mask] {
                let completeness = try? ImageCompleteness.check(path: "\(place)/\(file)")
                guard completeness?.isComplete == true else { throw .damaged(folder: place, file: file) }
            }
        }
        for file in ["subject.yaml", "\(Self.hiddenName)/manifest.jsonl"] {
            guard stat("\(place)/\(file)", &status) == 0, status.st_size > 0 else {
                throw .damaged(folder: place, file: file)
            }
        }
        return true
    }
}
