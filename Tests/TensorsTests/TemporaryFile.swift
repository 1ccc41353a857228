import Foundation

/// A path of its own under the temporary folder; what lies there goes when this does.
final class TemporaryFile: Sendable {
    let path: String

    init(_ name: String = "model.safetensors") {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        path = folder.appendingPathComponent(name).path
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    convenience init(_ bytes: [UInt8]) {
        self.init()
        overwrite(bytes)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var folder: String { (path as NSString).deletingLastPathComponent }
    var bytes: [UInt8] { FileManager.default.contents(atPath: path).map { Array($0) } ?? [] }

    func overwrite(_ bytes: [UInt8]) {
        precondition(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
    }

    /// A safetensors file with this header and `dataCount` bytes of data.
    func overwrite(header: String, dataCount: Int) {
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        overwrite(length + Array(header.utf8) + Array(repeating: 0x3f, count: dataCount))
    }
}
