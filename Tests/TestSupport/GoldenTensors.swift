import Foundation

/// The arrays of a small safetensors file, in memory, with their integer types: inputs and expected outputs.
public struct GoldenTensors: Sendable {
    /// Why a golden file cannot be used.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case offsets = "data_offsets"
        }
    }

    public let file: URL
    private let entries: [String: Entry]
    private let data: [UInt8]

    public init(_ file: URL) throws {
        self.file = file
        let bytes = [UInt8](try Data(contentsOf: file))
        let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        entries = try JSONDecoder().decode([String: Entry].self, from: Data(bytes[8..<(8 + length)]))
        data = Array(bytes[(8 + length)...])
    }

    public var names: [String] { entries.keys.sorted() }

    public func contains(_ name: String) -> Bool { entries[name] != nil }

    public func shape(_ name: String) throws -> [Int] { try entry(name).shape }

    /// A float32 array, outermost dimension first.
    public func floats(_ name: String) throws -> [Float] { try values(name, "F32", as: Float.self) }

    public func bytes(_ name: String) throws -> [UInt8] { try values(name, "U8", as: UInt8.self) }

    public func integers(_ name: String) throws -> [Int] {
        try values(name, "I32", as: Int32.self).map(Int.init)
    }

    private func entry(_ name: String) throws -> Entry {
        guard let entry = entries[name] else {
            throw Failure(description: "\(file.path) has no \(name), but \(names)")
        }
        return entry
    }

    private func values<Value: BitwiseCopyable>(
        _ name: String, _ dtype: String, as type: Value.Type
    ) throws -> [Value] {
        let entry = try entry(name)
        guard entry.dtype == dtype else {
            throw Failure(description: "\(file.path): \(name) is \(entry.dtype), not \(dtype)")
        }
        return data[entry.offsets[0]..<entry.offsets[1]].withUnsafeBytes { bytes in
            (0..<(bytes.count / MemoryLayout<Value>.size)).map {
                bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Value>.size, as: Value.self)
            }
        }
    }
}
