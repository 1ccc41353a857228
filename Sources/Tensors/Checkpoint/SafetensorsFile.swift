import Foundation

/// A safetensors file, memory-mapped: tensors are views of its pages.
///
/// Format: 8 bytes little-endian header length, a JSON object `name -> {dtype, shape, data_offsets}`, data.
/// The header is checked in full before any tensor is given out: every range lies in the data, has the size
/// that its shape and type need, and no two overlap or leave a hole.
public final class SafetensorsFile {
    public let path: String
    /// The optional `__metadata__`.
    public let metadata: [String: String]
    private let entries: [String: Entry]
    private let storage: Storage
    private let dataStart: Int

    struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }

    /// Longest header accepted, in bytes; those of Stable Diffusion have about 100 kB.
    static let maximumHeaderLength = 64 << 20

    public init(path: String) throws(SafetensorsError) {
        self.path = path
        storage = try Self.map(path)
        guard storage.byteCount >= 8 else {
            throw .truncated(file: path, expectedBytes: 8, actualBytes: storage.byteCount)
        }
        let length = UInt64(littleEndian: storage.pointer.loadUnaligned(as: UInt64.self))
        guard length >= 2, length <= UInt64(Self.maximumHeaderLength) else {
            throw .malformedHeader(file: path, reason: "its header would have \(length) bytes")
        }
        dataStart = 8 + Int(length)
        guard dataStart <= storage.byteCount else {
            throw .truncated(file: path, expectedBytes: dataStart, actualBytes: storage.byteCount)
        }
        let header = Data(bytes: storage.pointer + 8, count: Int(length))
        let decoded: Header
        do {
            decoded = try JSONDecoder().decode(Header.self, from: header)
        } catch DecodingError.keyNotFound(let key, let context) {
            throw .malformedHeader(
                file: path, reason: "'\(key.stringValue)' is missing in \(Self.place(context))")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw .malformedHeader(
                file: path, reason: "\(Self.place(context)) has a value of the wrong kind")
        } catch {
            throw .malformedHeader(file: path, reason: "its header is not JSON")
        }
        metadata = decoded.metadata
        entries = decoded.entries
        try Self.check(entries, dataSize: storage.byteCount - dataStart, dataStart: dataStart, path: path)
    }

    /// Names of all tensors, sorted.
    public var names: [String] { entries.keys.sorted() }

    public func shape(of name: String) -> Shape? { entries[name].map { Shape($0.shape) } }

    /// Tensor `name` as a view of the file, in the file's element type.
    public func tensor(_ name: String, on backend: any Backend) throws(SafetensorsError) -> Tensor {
        guard let entry = entries[name] else { throw .missingTensor(file: path, tensor: name) }
        guard let type = ElementType(rawValue: entry.dtype) else {
            throw .unsupportedElementType(file: path, tensor: name, elementType: entry.dtype)
        }
        let offset = dataStart + entry.data_offsets[0]
        let shape = Shape(entry.shape)
        if offset % type.size == 0 {
            return Tensor(
                shape: shape, elementType: type, storage: storage, byteOffset: offset, backend: backend)
        }
        // A header whose length is not a multiple of the element size: the view would be misaligned.
        let copy = Tensor(uninitialized: shape, elementType: type, on: backend)
        copy.rawPointer.copyMemory(from: storage.pointer + offset, byteCount: shape.count * type.size)
        return copy
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? "the header" : "'\(path)'"
    }

    private static func map(_ path: String) throws(SafetensorsError) -> Storage {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .unreadable(file: path, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(file: path, reason: "it is not a regular file")
        }
        let size = Int(status.st_size)
        guard size > 0 else { throw .truncated(file: path, expectedBytes: 8, actualBytes: 0) }
        guard let pointer = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), pointer != MAP_FAILED
        else {
            throw .unreadable(file: path, reason: String(cString: strerror(errno)))
        }
        return Storage(pointer: pointer, byteCount: size, isFileBacked: true) { munmap($0, $1) }
    }

    private static func check(
        _ entries: [String: Entry], dataSize: Int, dataStart: Int, path: String
    ) throws(SafetensorsError) {
        func lie(_ name: String, _ reason: String) -> SafetensorsError {
            .malformedTensor(file: path, tensor: name, reason: reason)
        }
        var end = 0
        let ordered = entries.sorted { a, b in
            (a.value.data_offsets.first ?? 0, a.value.data_offsets.last ?? 0, a.key)
                < (b.value.data_offsets.first ?? 0, b.value.data_offsets.last ?? 0, b.key)
        }
        for (name, entry) in ordered {
            guard entry.data_offsets.count == 2, entry.data_offsets[0] >= 0,
                entry.data_offsets[0] <= entry.data_offsets[1]
            else { throw lie(name, "its offsets are \(entry.data_offsets)") }
            guard entry.data_offsets[1] <= dataSize else {
                throw .truncated(
                    file: path, expectedBytes: dataStart.addingReportingOverflow(entry.data_offsets[1]).0,
                    actualBytes: dataStart + dataSize)
            }
            guard let bits = elementBits[entry.dtype] else {
                throw .unsupportedElementType(file: path, tensor: name, elementType: entry.dtype)
            }
            var count = bits / 8
            for extent in entry.shape {
                let (product, overflow) = count.multipliedReportingOverflow(by: extent)
                guard extent >= 0, !overflow else { throw lie(name, "its shape is \(entry.shape)") }
                count = product
            }
            let bytes = entry.data_offsets[1] - entry.data_offsets[0]
            guard count == bytes else {
                throw lie(name, "shape \(entry.shape) of \(entry.dtype) needs \(count) bytes, not \(bytes)")
            }
            guard entry.data_offsets[0] == end else {
                throw lie(
                    name,
                    entry.data_offsets[0] < end
                        ? "it overlaps the tensor before it" : "there is a hole before it")
            }
            end = entry.data_offsets[1]
        }
    }

    /// Bits per element of every type that the format knows.
    private static let elementBits = [
        "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "I16": 16, "U16": 16, "F16": 16,
        "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64,
    ]
}

/// The JSON header: tensor entries, and `__metadata__` beside them.
private struct Header: Decodable {
    var metadata: [String: String] = [:]
    var entries: [String: SafetensorsFile.Entry] = [:]

    struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for key in container.allKeys {
            if key.stringValue == "__metadata__" {
                metadata = try container.decode([String: String].self, forKey: key)
            } else {
                entries[key.stringValue] = try container.decode(SafetensorsFile.Entry.self, forKey: key)
            }
        }
    }
}
