import Foundation
import Glibc

/// What is computed once of images that come again: in memory, and in a file if it is to outlive the run.
///
/// The file begins with a line that says what its latents are; whole records follow, in the order in which they came. A
/// record that a power cut left half-written is cut off when the file is opened.
final class LatentStore {
    /// What is kept of an image.
    struct Entry: Equatable {
        /// Clean and scaled, `[h, w, c]`.
        var latent: [Float]
        /// The subject's share of each of the latent's pixels, `[h, w]`; nil where it is not known.
        var shares: [Float]?
    }

    /// What the latents of a file are of, its first line.
    struct Description: Codable, Equatable {
        var format = 1
        /// SHA-256 of the autoencoder's files.
        var vae: String
        /// Pixels of the images.
        var width, height: Int
        /// Pixels and channels of a latent.
        var pixels, channels: Int
    }

    private var entries: [String: Entry] = [:]
    private var bytes = 0
    private let maximumBytes: Int
    private var descriptor: Int32 = -1
    private let path: String

    /// - Parameter maximumBytes: what is kept in memory and the file; more is computed each time.
    init(maximumBytes: Int = 2 << 30) {
        self.maximumBytes = maximumBytes
        path = ""
    }

    /// Opens or begins the file, for this process alone.
    init(file path: String, of description: Description, maximumBytes: Int = 2 << 30) throws(TrainingError) {
        self.path = path
        self.maximumBytes = maximumBytes
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .unwritable(path: path, reason: Self.reason) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(folder: path) }
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw .unreadable(file: path, reason: error.localizedDescription)
        }
        guard !data.isEmpty else {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            try append(((try? encoder.encode(description)) ?? Data()) + Data("\n".utf8))
            return
        }
        let line = data.prefix { $0 != UInt8(ascii: "\n") }
        guard let kept = try? JSONDecoder().decode(Description.self, from: line) else {
            throw .contradiction(
                file: path, reason: "it does not hold latents; 'latents' must name a file of its own")
        }
        guard kept == description else {
            throw .contradiction(
                file: path,
                reason: "it holds latents of another autoencoder or size; remove it, or give another file")
        }
        let end = read(data, from: line.count + 1, description)
        guard end == data.count || ftruncate(descriptor, off_t(end)) == 0 else {
            throw .unwritable(path: path, reason: Self.reason)
        }
    }

    deinit {
        guard descriptor >= 0 else { return }
        // A process that is just being started from this one still has the descriptor; it must not hold the lock.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    var count: Int { entries.count }

    subscript(identity: String) -> Entry? { entries[identity] }

    /// Keeps what was computed of an image, if there is room.
    func keep(_ entry: Entry, of identity: String) throws(TrainingError) {
        let size = 4 * (entry.latent.count + (entry.shares?.count ?? 0))
        guard entries[identity] == nil, identity.utf8.count <= Int(UInt16.max), bytes + size <= maximumBytes
        else { return }
        entries[identity] = entry
        bytes += size
        guard descriptor >= 0 else { return }
        var record = Data()
        withUnsafeBytes(of: UInt16(identity.utf8.count).littleEndian) { record.append(contentsOf: $0) }
        record.append(entry.shares == nil ? 0 : 1)
        record.append(contentsOf: identity.utf8)
        for values in [entry.latent, entry.shares ?? []] {
            values.withUnsafeBytes { record.append(contentsOf: $0) }
        }
        try append(record)
    }

    /// Takes in whole records.
    /// - Returns: where the last one ends.
    private func read(_ data: Data, from start: Int, _ description: Description) -> Int {
        let latentCount = description.pixels * description.channels
        return data.withUnsafeBytes { bytes in
            var at = start
            func floats(_ count: Int, at place: Int) -> [Float] {
                [Float](unsafeUninitializedCapacity: count) { buffer, filled in
                    UnsafeMutableRawBufferPointer(buffer).copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[place..<place + 4 * count]))
                    filled = count
                }
            }
            while at + 3 <= bytes.count {
                let length = Int(bytes[at]) | Int(bytes[at + 1]) << 8
                let hasShares = bytes[at + 2] == 1
                let latentAt = at + 3 + length
                let sharesAt = latentAt + 4 * latentCount
                let end = sharesAt + (hasShares ? 4 * description.pixels : 0)
                guard end <= bytes.count else { break }
                let identity = String(decoding: bytes[at + 3..<latentAt], as: UTF8.self)
                entries[identity] = Entry(
                    latent: floats(latentCount, at: latentAt),
                    shares: hasShares ? floats(description.pixels, at: sharesAt) : nil)
                self.bytes += end - latentAt
                at = end
            }
            return at
        }
    }

    private func append(_ data: Data) throws(TrainingError) {
        let written = data.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == data.count else { throw .unwritable(path: path, reason: Self.reason) }
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
