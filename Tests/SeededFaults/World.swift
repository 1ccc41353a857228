import Foundation
import Images

/// A root with subjects in it, as their owner made them, and what the owner may expect of it.
///
/// Everything that is written through it is remembered, so that a change by another hand comes to light.
public final class World {
    /// The folder that holds the root, the daemon's state and its log.
    public let place: String
    /// The folder of the subjects.
    public let root: String
    /// The pictures that each subject's owner asked for, by prompt. A subject that was taken away is not in it.
    public private(set) var wishes: [String: [String]] = [:]
    /// The pictures that the owner ordered besides, by subject.
    public private(set) var orders: [String: [String]] = [:]
    /// What the owner wrote: path below the root, and bytes' fingerprint.
    private var written: [String: UInt64] = [:]

    /// - Parameter place: a folder that is there, for a world on a disk of its own.
    public init(place: String? = nil) throws {
        // A socket's path must be short.
        self.place = place ?? "/tmp/jedi-faults-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        root = self.place + "/root"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    /// The last part of its place.
    public var name: String { place.split(separator: "/").last.map(String.init) ?? place }

    public func remove() { try? FileManager.default.removeItem(atPath: place) }

    // MARK: What the owner does

    /// A folder with photos, each of another colour.
    public func addSubject(_ name: String, photos: Int, _ random: inout SeededRandom) throws {
        try makeFolder(name)
        wishes[name] = wishes[name] ?? []
        for number in 0..<photos {
            try write("\(name)/photo\(number).png", try Self.photo(&random))
        }
    }

    /// Another photo.
    public static func photo(_ random: inout SeededRandom, side: Int = 32) throws -> [UInt8] {
        let colour = (0..<3).map { _ in UInt8.random(in: 0...255, using: &random) }
        let pixels = (0..<side * side).flatMap { place in
            colour.map { $0 &+ UInt8(truncatingIfNeeded: place / 16) }
        }
        return try PNGEncoder.encode(RGBImage(width: side, height: side, pixels: pixels))
    }

    /// Has all pictures made in so many steps.
    public func setSteps(_ steps: Int) throws { try write("defaults.yaml", Array("steps: \(steps)\n".utf8)) }

    public func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    }

    /// Adds lines to a subject's prompt file.
    public func wish(_ prompts: [String], of subject: String) throws {
        wishes[subject, default: []] += prompts
        try write("\(subject)/prompt.txt", Array((wishes[subject] ?? []).joined(separator: "\n").utf8) + [10])
    }

    /// Notes that a picture was ordered over the socket.
    public func ordered(_ prompt: String, of subject: String) { orders[subject, default: []].append(prompt) }

    /// Notes that an order is not to be waited for.
    public func forgetOrders() { orders = [:] }

    /// Every picture that a subject is to have.
    func expected(of subject: String) -> [String] { (wishes[subject] ?? []) + (orders[subject] ?? []) }

    /// Writes a file as a copying program does.
    /// - Parameter pieces: in how many parts, with a rest of `pause` between them.
    public func write(
        _ name: String, _ bytes: [UInt8], pieces: Int = 1, pause: Duration = .zero
    ) throws {
        written[name] = Fingerprint.of(bytes)
        guard let handle = fopen(path(name), "w") else {
            throw FaultError("\(name): \(String(cString: strerror(errno)))")
        }
        defer { fclose(handle) }
        let length = max(1, (bytes.count + pieces - 1) / pieces)
        for start in stride(from: 0, to: bytes.count, by: length) {
            let part = Array(bytes[start..<min(bytes.count, start + length)])
            guard fwrite(part, 1, part.count, handle) == part.count, fflush(handle) == 0 else {
                throw FaultError("\(name): \(String(cString: strerror(errno)))")
            }
            if start + length < bytes.count { rest(pause) }
        }
    }

    /// Writes a file elsewhere and renames it into place.
    public func moveIn(_ name: String, _ bytes: [UInt8]) throws {
        let temporary = place + "/moving"
        try Data(bytes).write(to: URL(filePath: temporary))
        written[name] = Fingerprint.of(bytes)
        guard rename(temporary, path(name)) == 0 else { throw FaultError("\(name): it cannot be renamed") }
    }

    public func removeFile(_ name: String) throws {
        written[name] = nil
        try FileManager.default.removeItem(atPath: path(name))
    }

    /// Takes a subject away with all that is in it.
    public func removeSubject(_ name: String) throws {
        wishes[name] = nil
        orders[name] = nil
        for file in written.keys where file.hasPrefix(name + "/") { written[file] = nil }
        try FileManager.default.removeItem(atPath: path(name))
    }

    public func path(_ name: String) -> String { root + "/" + name }

    // MARK: What became of it

    /// Files of the owner that are gone or are not what the owner wrote.
    public func changedFiles() -> [String] {
        written.filter { name, fingerprint in
            guard let bytes = FileManager.default.contents(atPath: path(name)) else { return true }
            return Fingerprint.of([UInt8](bytes)) != fingerprint
        }.keys.sorted()
    }

    /// Whether the owner put it there.
    public func isOwners(_ name: String) -> Bool { written[name] != nil }
}

/// FNV-1a: enough to see that bytes are not what they were.
enum Fingerprint {
    static func of(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

/// Why a scenario cannot go on.
public struct FaultError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// Rests for real time.
public func rest(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    usleep(UInt32(clamping: seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
}
