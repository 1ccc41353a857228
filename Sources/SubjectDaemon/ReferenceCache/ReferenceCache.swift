import Glibc
import Logging
import Synchronization

/// What an encoded reference depends on.
struct ReferenceKey: Codable, Sendable, Hashable {
    /// The SHA-256 of the photo's bytes.
    var contentHash: String
    /// The model's hash.
    var modelHash: String
    /// The size it was encoded for, in pixels.
    var width: Int
    var height: Int
}

/// Encoded references on disk, one file each, so that no photo is encoded twice for the same model and size.
///
/// A file that is not what was written into it is dropped; its photo is encoded again.
final class ReferenceCache: Sendable {
    /// Where the files lie.
    let folder: String
    private let logger: Logger
    /// The names of the files that are there.
    private let present: Mutex<Names>

    /// Where a daemon with that state folder has its cache.
    static func folder(stateFolder: String) -> String { stateFolder + "/ReferenceCache" }

    /// Opens the cache in that folder, and makes the folder if it is not there.
    init(folder: String, logger: Logger) throws(SystemCallError) {
        guard mkdir(folder, 0o750) == 0 || errno == EEXIST else {
            throw SystemCallError("create the folder", folder)
        }
        self.folder = folder
        self.logger = logger
        present = Mutex(try Self.files(in: folder))
    }

    /// Whether the photo is encoded for the model, in whatever size, as far as is known without reading.
    func contains(contentHash: String, modelHash: String) -> Bool {
        present.withLock { $0.contains(stem: Self.stem(contentHash, modelHash)) }
    }

    /// The encoded form, if it is there and sound.
    func load(_ key: ReferenceKey) -> EncodedReference? {
        let name = Self.fileName(key)
        let path = folder + "/" + name
        do throws(SystemCallError) {
            guard let bytes = try FileBytes.read(path, limit: CachedReference.maximumBytes),
                let reference = CachedReference.decode(bytes, key: key)
            else {
                logger.warning("dropped a damaged file of the cache, \(path); its photo is encoded again")
                unlink(path)
                present.withLock { $0.remove(name) }
                return nil
            }
            present.withLock { $0.insert(name) }
            return reference
        } catch {
            if !error.isMissing {
                logger.warning("the cache cannot be read (\(error)); the photo is encoded again")
            }
            present.withLock { $0.remove(name) }
            return nil
        }
    }

    /// Keeps the encoded form. Without room for it the photo is encoded again another time.
    func store(_ reference: EncodedReference, for key: ReferenceKey) {
        let name = Self.fileName(key)
        do {
            try AtomicFile.replace(
                folder + "/" + name, with: CachedReference.encode(reference, key: key), mode: 0o640,
                lasts: false)
            present.withLock { $0.insert(name) }
        } catch {
            logger.warning("could not keep an encoded photo (\(error)); it is encoded again next time")
        }
    }

    /// The names of the files that are there, sorted.
    var names: [String] { present.withLock(\.sorted) }

    /// The file is gone.
    func forget(_ name: String) {
        present.withLock { $0.remove(name) }
    }

    private static func fileName(_ key: ReferenceKey) -> String {
        "\(stem(key.contentHash, key.modelHash))-\(key.width)x\(key.height).reference"
    }

    /// What the names have in common of a photo's forms in all sizes.
    private static func stem(_ contentHash: String, _ modelHash: String) -> String {
        // The hash is shortened; what is computed otherwise of the same weights stands behind it.
        let parts = modelHash.split(separator: "-", maxSplits: 1)
        return ([contentHash[...], parts.first?.prefix(16) ?? ""] + parts.dropFirst()).joined(separator: "-")
    }

    /// Names of files, found by what comes before the size.
    private struct Names {
        private var byStem: [Substring: Set<String>] = [:]

        var sorted: [String] { byStem.values.joined().sorted() }

        func contains(stem: String) -> Bool { byStem[stem[...]] != nil }

        mutating func insert(_ name: String) { byStem[Self.stem(of: name), default: []].insert(name) }

        mutating func remove(_ name: String) {
            let stem = Self.stem(of: name)
            byStem[stem]?.remove(name)
            if byStem[stem]?.isEmpty == true { byStem[stem] = nil }
        }

        private static func stem(of name: String) -> Substring {
            name.lastIndex(of: "-").map { name[..<$0] } ?? name[...]
        }
    }

    private static func files(in folder: String) throws(SystemCallError) -> Names {
        guard let stream = opendir(folder) else { throw SystemCallError("read", folder) }
        defer { closedir(stream) }
        var names = Names()
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".reference") { names.insert(name) }
            // Left by a daemon that was killed while it wrote.
            if name.hasPrefix(".jedi-") && name.hasSuffix(".part") { unlink(folder + "/" + name) }
        }
        return names
    }
}
