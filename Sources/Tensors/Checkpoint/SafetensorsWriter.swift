import Foundation

/// Writes tensors as a safetensors file: under a temporary name, synchronised, then renamed, so that
/// the file is there either whole or not at all.
public enum SafetensorsWriter {
    /// - Parameter lasts: whether the file is to stay through a power cut, which takes a while.
    public static func write(
        _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to path: String,
        lasts: Bool = true
    ) throws(SafetensorsError) {
        let head = try head(tensors, metadata: metadata, path: path)
        let temporary = "\(path).\(UInt32.random(in: 0 ... .max)).partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(path) }
        do throws(SafetensorsError) {
            defer { close(descriptor) }
            try head.withUnsafeBufferPointer { (bytes) throws(SafetensorsError) in
                try write(UnsafeRawBufferPointer(bytes), to: descriptor, path: path)
            }
            for (_, tensor) in tensors {
                let bytes = UnsafeRawBufferPointer(
                    start: tensor.rawPointer, count: tensor.count * tensor.elementType.size)
                try write(bytes, to: descriptor, path: path)
            }
            guard !lasts || fsync(descriptor) == 0 else { throw failure(path) }
            guard rename(temporary, path) == 0 else { throw failure(path) }
        } catch {
            unlink(temporary)
            throw error
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

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String
    ) throws(SafetensorsError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(
                descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            guard written >= 0 || errno == EINTR else { throw failure(path) }
            rest = rest.dropFirst(max(0, written))
        }
    }

    /// The error of the last system call.
    private static func failure(_ path: String) -> SafetensorsError {
        .unwritable(file: path, reason: String(cString: strerror(errno)))
    }
}
