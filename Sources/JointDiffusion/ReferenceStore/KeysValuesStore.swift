import Crypto
import Foundation
import Tensors

/// Keys and values of references on the disk, a file for each photo and timestep, so that no photo passes through the
/// U-Net twice for the same model, size and mode.
///
/// Files are safetensors, memory-mapped: what is read is the page cache's, not the process's. Each carries its key and
/// the SHA-256 of its numbers; one that is not what was written is dropped, and its photo passes again. When all
/// together take more than the budget, those that were not used for longest go. Several processes may share a folder.
public final class KeysValuesStore {
    static let suffix = ".keys-values"

    private let folder: BudgetedFolder
    private let report: (String) -> Void
    /// What has been said, so that a full disk is not told of at every step.
    private var said: Set<String> = []

    /// Opens the folder, and makes it if it is not there.
    /// - Parameters:
    ///   - leftFree: on a disk that has less, nothing is kept.
    ///   - report: told, once each, what could not be kept or was damaged.
    /// - Throws: `SafetensorsError.unwritable` where the folder cannot be made.
    public init(
        folder: String, budget: Int64, leftFree: Int64 = BudgetedFolder.usualLeftFree,
        report: @escaping (String) -> Void = { _ in }
    ) throws(SafetensorsError) {
        self.folder = try BudgetedFolder(
            path: folder, suffix: Self.suffix, budget: budget, leftFree: leftFree)
        self.report = report
    }

    /// What is kept under the key, if it is there and sound.
    public func load(_ key: KeysValuesKey, on backend: any Backend) -> ReferenceKeysValues? {
        let path = path(key)
        guard access(path, F_OK) == 0 else { return nil }
        do {
            let file = try SafetensorsFile(path: path)
            guard Self.key(in: file.metadata) == key, let entry = try Self.entry(of: file, on: backend) else {
                drop(path)
                return nil
            }
            BudgetedFolder.touch(path)
            return entry
        } catch {
            drop(path)
            return nil
        }
    }

    /// Keeps an entry, and lets go of those that were not used for longest to make room for it.
    public func keep(_ entry: ReferenceKeysValues, for key: KeysValuesKey) {
        guard entry.byteCount <= folder.budget else { return }
        guard folder.makeRoom(for: Int64(entry.byteCount)) == .made else {
            say("the disk of \(folder.path) is nearly full: what photos leave in the model is not kept there")
            return
        }
        let tensors = Self.tensors(of: entry)
        do {
            let metadata = [
                "form": Self.form, "key": String(decoding: try JSONEncoder().encode(key), as: UTF8.self),
                "sha256": Self.checksum(tensors.map(\.tensor)),
            ]
            // What is quickly had again, and shows when it is damaged, need not outlast a power cut.
            try SafetensorsWriter.write(tensors, metadata: metadata, to: path(key), lasts: false)
        } catch {
            say("could not keep what a photo left in the model (\(error)); it passes again next time")
        }
    }

    /// Whether so many entries like this one, all in use together, leave each other there.
    public func holds(_ count: Int, like entry: ReferenceKeysValues) -> Bool {
        Int64(entry.byteCount) * Int64(count) <= folder.budget
    }

    private func path(_ key: KeysValuesKey) -> String { "\(folder.path)/\(key.fileName)" }

    private func drop(_ path: String) {
        unlink(path)
        say("dropped a damaged file of the cache, \(path); its photo passes through the model again")
    }

    private func say(_ message: String) {
        if said.insert(message).inserted { report(message) }
    }

    // MARK: Housekeeping

    /// The files that are there, by name.
    public static func files(in folder: String) -> [BudgetedFolder.File] {
        BudgetedFolder.files(in: folder, suffix: suffix)
    }

    /// What a file is good for; nil where it is damaged. Reads its header only.
    public static func key(ofFile path: String) -> KeysValuesKey? {
        (try? SafetensorsFile.metadata(ofFile: path)).flatMap(key)
    }

    /// Whether a file is what was written into it. Reads all of it.
    public static func isSound(file path: String) -> Bool {
        // A key that was damaged may be a key still, but not that of the file's name.
        guard let file = try? SafetensorsFile(path: path, isMapped: false),
            key(in: file.metadata)?.fileName == URL(fileURLWithPath: path).lastPathComponent
        else { return false }
        return (try? entry(of: file, on: CPUBackend())) != nil
    }

    // MARK: The form of a file

    private static let form = "jedi.keys-values/2"

    private static func tensors(of entry: ReferenceKeysValues) -> [(name: String, tensor: Tensor)] {
        entry.layers.enumerated().flatMap { index, layer in
            [("\(index).keys", layer.keys), ("\(index).values", layer.values)]
        }
    }

    private static func key(in metadata: [String: String]) -> KeysValuesKey? {
        guard metadata["form"] == form, let text = metadata["key"] else { return nil }
        return try? JSONDecoder().decode(KeysValuesKey.self, from: Data(text.utf8))
    }

    /// The file's layers; nil where they are not what was written.
    private static func entry(of file: SafetensorsFile, on backend: any Backend) throws
        -> ReferenceKeysValues?
    {
        guard file.names.count % 2 == 0 else { return nil }
        let layers = try (0..<file.names.count / 2).map { index -> (keys: Tensor, values: Tensor) in
            (
                try file.tensor("\(index).keys", on: backend), try file.tensor("\(index).values", on: backend)
            )
        }
        guard layers.allSatisfy({ $0.keys.shape == $0.values.shape && $0.keys.shape.rank == 2 }),
            file.metadata["sha256"] == checksum(layers.flatMap { [$0.keys, $0.values] })
        else { return nil }
        return ReferenceKeysValues(layers: layers.map { KeysValues(keys: $0.keys, values: $0.values) })
    }

    private static func checksum(_ tensors: [Tensor]) -> String {
        var hash = SHA256()
        for tensor in tensors {
            hash.update(
                bufferPointer: UnsafeRawBufferPointer(
                    start: tensor.rawPointer, count: tensor.count * tensor.elementType.size))
        }
        return hash.finalize().hexadecimal
    }
}
