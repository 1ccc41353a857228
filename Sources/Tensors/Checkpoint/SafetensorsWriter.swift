import Foundation

/// Writes tensors as a safetensors file, which is there either whole or not at all.
public enum SafetensorsWriter {
    /// - Parameter lasts: whether the file is to stay through a power cut, which takes a while.
    public static func write(
        _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to path: String,
        lasts: Bool = true
    ) throws(SafetensorsError) {
        let head = try head(tensors, metadata: metadata, path: path)
        let data = tensors.map { _, tensor in
            UnsafeRawBufferPointer(
                start: tensor.rawPointer, count: tensor.count * tensor.elementType.size)
        }
        try head.withUnsafeBufferPointer { (head) throws(SafetensorsError) in
            try WholeFile.write([UnsafeRawBufferPointer(head)] + data, to: path, mode: 0o666, lasts: lasts)
        }
    }

    /// Header length and header.
    private static func head(
        _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String], path: String
    ) throws(SafetensorsError) -> [UInt8] {
        struct Entry: Encodable {
            let dtype: String
            let shape: [Int]
            let data_offsets: [Int]
        }
        var header: [String: Entry] = [:]
        var offset = 0
        for (name, tensor) in tensors {
            let size = tensor.count * tensor.elementType.size
            precondition(name != "__metadata__" && header[name] == nil, "two tensors are called '\(name)'")
            header[name] = Entry(
                dtype: tensor.elementType.rawValue, shape: tensor.shape.dimensions,
                data_offsets: [offset, offset + size])
            offset += size
        }
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            var json = try encoder.encode(header)
            if !metadata.isEmpty {
                let text = try encoder.encode(["__metadata__": metadata])
                json = header.isEmpty ? text : text.dropLast() + Data(",".utf8) + json.dropFirst()
            }
            // Data starts at a multiple of 8 bytes; blanks after the JSON are part of the header.
            json.append(Data(repeating: 0x20, count: (8 - json.count % 8) % 8))
            return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
        } catch {
            throw .unwritable(file: path, reason: error.localizedDescription)
        }
    }
}
