import Foundation

/// Writes float32 tensors as a safetensors file: under a temporary name, synchronised, then renamed.
public enum SafetensorsWriter {
    public static func write(
        _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to path: String
    ) throws(SafetensorsError) {
        struct Entry: Encodable {
            let dtype: String
            let shape: [Int]
            let data_offsets: [Int]
        }
        var header: [String: Entry] = [:]
        var offset = 0
        for (name, tensor) in tensors {
            let size = tensor.count * tensor.elementType.size
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
            var data = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) }
            data.append(json)
            for (_, tensor) in tensors {
                data.append(
                    UnsafeRawBufferPointer(
                        start: tensor.rawPointer, count: tensor.count * tensor.elementType.size
                    ).bindMemory(to: UInt8.self))
            }
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw .unwritable(file: path, reason: error.localizedDescription)
        }
    }
}
