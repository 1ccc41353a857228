import Glibc

/// A safetensors file, memory-mapped: tensors are views of its pages.
///
/// Format: 8 bytes little-endian header length, a JSON object `name -> {dtype, shape, data_offsets}`, data.
/// The header is checked in full before any tensor is given out: every range lies in the data, has the size
/// that its shape and type need, and they cover the data without overlap or hole. Opening reads the header
/// only. A file must not be cut short while it is open: its pages would be gone.
public final class SafetensorsFile {
    public let path: String
    /// The optional `__metadata__`.
    public let metadata: [String: String]
    private let entries: [String: SafetensorsHeader.Entry]
    private let storage: Storage
    private let dataStart: Int

    /// Longest header accepted, in bytes; those of Stable Diffusion have about 100 kB.
    static let maximumHeaderLength = 64 << 20

    /// - Parameter isMapped: false reads the file into memory: a disk that fails then gives an error, where a mapped page
    ///   ends the process.
    public init(path: String, isMapped: Bool = true) throws(SafetensorsError) {
        self.path = path
        storage = try Self.open(path, isMapped: isMapped)
        guard storage.byteCount >= 8 else {
            throw .truncated(file: path, expectedBytes: 8, actualBytes: storage.byteCount)
        }
        let length = UInt64(littleEndian: storage.pointer.loadUnaligned(as: UInt64.self))
        guard length >= 2, length <= UInt64(Self.maximumHeaderLength) else {
            // Cloned without Git LFS, weights are small texts that begin so.
            let isPointer = length == UInt64(littleEndianBytes: "version ".utf8)
            throw .malformedHeader(
                file: path,
                reason: isPointer
                    ? "it is a Git LFS pointer; fetch the file itself with 'git lfs pull'"
                    : "its header would have \(length) bytes")
        }
        dataStart = 8 + Int(length)
        guard dataStart <= storage.byteCount else {
            throw .truncated(file: path, expectedBytes: dataStart, actualBytes: storage.byteCount)
        }
        let header: SafetensorsHeader
        do {
            header = try SafetensorsHeader(
                json: UnsafeRawBufferPointer(start: storage.pointer + 8, count: Int(length)))
        } catch {
            guard let tensor = error.tensor else { throw .malformedHeader(file: path, reason: error.reason) }
            throw .malformedTensor(file: path, tensor: tensor, reason: error.reason)
        }
        metadata = header.metadata
        entries = header.entries
        try checkEntries()
    }

    /// Names of all tensors, sorted.
    public var names: [String] { entries.keys.sorted() }

    public func shape(of name: String) -> Shape? { entries[name].map { Shape($0.shape) } }

    /// Tensor `name` as a view of the file, in the file's element type.
    public func tensor(_ name: String, on backend: any Backend) throws(SafetensorsError) -> Tensor {
        guard let entry = entries[name] else { throw .missingTensor(file: path, tensor: name) }
        guard let type = ElementType(rawValue: entry.elementType) else {
            throw .unsupportedElementType(file: path, tensor: name, elementType: entry.elementType)
        }
        let offset = dataStart + entry.offsets[0]
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

    private static func open(_ path: String, isMapped: Bool) throws(SafetensorsError) -> Storage {
        // Without O_NONBLOCK a pipe of that name would wait for somebody to write into it.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
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
        guard isMapped else { return try read(path, descriptor, size) }
        guard let pointer = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), pointer != MAP_FAILED
        else {
            throw .unreadable(file: path, reason: String(cString: strerror(errno)))
        }
        return Storage(
            pointer: pointer, byteCount: size, isFileBacked: true, origin: origin(path, status)
        ) { munmap($0, $1) }
    }

    /// A file by its place and what of it changes when it does. One that changed a moment ago may change again within the
    /// clock's tick, which would not show.
    private static func origin(_ path: String, _ status: stat) -> String? {
        guard status.st_ctim.tv_sec < time(nil) - 2, let place = realpath(path, nil) else { return nil }
        defer { free(place) }
        let numbers = [
            Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
        return "\(String(cString: place))\u{0}\(numbers)"
    }

    private static func read(_ path: String, _ descriptor: Int32, _ size: Int) throws(SafetensorsError)
        -> Storage
    {
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        let storage = Storage(pointer: pointer, byteCount: size) { pointer, _ in pointer.deallocate() }
        var done = 0
        while done < size {
            let count = Glibc.read(descriptor, pointer + done, size - done)
            guard count >= 0 || errno == EINTR else {
                throw .unreadable(file: path, reason: String(cString: strerror(errno)))
            }
            guard count != 0 else { throw .truncated(file: path, expectedBytes: size, actualBytes: done) }
            done += max(0, count)
        }
        return storage
    }

    /// The `__metadata__` of a file, of which no more than the header is read.
    public static func metadata(ofFile path: String) throws(SafetensorsError) -> [String: String] {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(file: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var length = UInt64(0)
        let isThere = withUnsafeMutableBytes(of: &length) { pread(descriptor, $0.baseAddress, 8, 0) } == 8
        length = UInt64(littleEndian: length)
        guard isThere, length >= 2, length <= UInt64(maximumHeaderLength) else {
            throw .malformedHeader(file: path, reason: "it has no length")
        }
        var json = [UInt8](repeating: 0, count: Int(length))
        let count = json.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 8) }
        guard count == json.count else {
            throw .truncated(file: path, expectedBytes: 8 + json.count, actualBytes: 8 + max(0, count))
        }
        do { return try json.withUnsafeBytes { try SafetensorsHeader(json: $0) }.metadata } catch {
            throw .malformedHeader(file: path, reason: "\(error)")
        }
    }

    private func checkEntries() throws(SafetensorsError) {
        for (name, entry) in entries { try check(entry, of: name) }
        let ordered = entries.sorted {
            ($0.value.offsets[0], $0.value.offsets[1], $0.key) < (
                $1.value.offsets[0], $1.value.offsets[1], $1.key
            )
        }
        var end = 0
        for (name, entry) in ordered {
            guard entry.offsets[0] == end else {
                throw lie(
                    name,
                    entry.offsets[0] < end
                        ? "its bytes \(entry.offsets[0])..<\(entry.offsets[1]) overlap those of another tensor"
                        : "bytes \(end)..<\(entry.offsets[0]) before it belong to no tensor")
            }
            end = entry.offsets[1]
        }
        let dataSize = storage.byteCount - dataStart
        guard end <= dataSize else {
            let (expected, overflow) = dataStart.addingReportingOverflow(end)
            throw .truncated(
                file: path, expectedBytes: overflow ? Int.max : expected, actualBytes: storage.byteCount)
        }
        guard end == dataSize else {
            throw .malformedHeader(
                file: path, reason: "\(dataSize - end) bytes after its last tensor belong to none")
        }
    }

    /// What can be seen from one entry alone.
    private func check(_ entry: SafetensorsHeader.Entry, of name: String) throws(SafetensorsError) {
        guard let elementSize = Self.elementSizes[entry.elementType] else {
            throw .unsupportedElementType(file: path, tensor: name, elementType: entry.elementType)
        }
        var size = elementSize
        for extent in entry.shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else { throw lie(name, "its shape is \(entry.shape)") }
            size = product
        }
        guard entry.offsets.count == 2, entry.offsets[0] >= 0, entry.offsets[0] <= entry.offsets[1] else {
            throw lie(name, "its offsets are \(entry.offsets)")
        }
        let actual = entry.offsets[1] - entry.offsets[0]
        guard size == actual else {
            throw lie(name, "\(entry.elementType) of shape \(entry.shape) needs \(size) bytes, not \(actual)")
        }
    }

    private func lie(_ name: String, _ reason: String) -> SafetensorsError {
        .malformedTensor(file: path, tensor: name, reason: reason)
    }

    /// Bytes per element of every type that the format knows.
    private static let elementSizes = [
        "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
        "I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
    ]
}

extension UInt64 {
    /// The number that the first eight bytes make, least significant first.
    fileprivate init(littleEndianBytes bytes: some Sequence<UInt8>) {
        self = bytes.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
    }
}
