import CKernels
import Crypto
import Glibc

/// Weights in the layout that this processor's kernels read, kept on the disk: a model is packed once and from then on mapped
/// into memory, where it is the page cache's and needs no more than it must.
///
/// A file a weight: a page that says what it is, with a checksum, and the bytes. It is known by the checkpoint's file (its
/// path, size, number and times), where in it the weight lies, and the layout; so a changed checkpoint is packed anew. What is
/// damaged is dropped and packed again; when all together would take more than the budget, those that were not used for
/// longest go. Several processes may share a folder.
public final class PackedWeightStore {
    static let suffix = ".packed"
    /// What comes before the bytes: whole pages, so that these can be mapped and let go.
    private static let headSize = 4096
    private static let magic = Array("jedi.packed/1\n\0\0".utf8)

    private let folder: BudgetedFolder
    /// What all files together may take, in bytes.
    var budget: Int64 { folder.budget }
    private let report: (String) -> Void
    private var hasSaid = false
    /// What is mapped and may be in use: its files are not let go for one another.
    private var mapped: [Mapping] = []

    private struct Mapping {
        let name: String
        weak var storage: Storage?
    }

    /// Opens the folder, and makes it if it is not there.
    /// - Parameters:
    ///   - budget: what all files together may take, in bytes.
    ///   - leftFree: on a disk that has less, nothing is kept.
    ///   - report: told what could not be kept or was damaged.
    /// - Throws: `SafetensorsError.unwritable` where the folder cannot be made.
    public init(
        folder: String, budget: Int64, leftFree: Int64 = BudgetedFolder.usualLeftFree,
        report: @escaping (String) -> Void = { _ in }
    ) throws(SafetensorsError) {
        self.folder = try BudgetedFolder(
            path: folder, suffix: Self.suffix, budget: budget, leftFree: leftFree)
        self.report = report
    }

    /// Everything that decides what a weight is packed into.
    struct Key {
        /// To be raised when the same weight comes out otherwise: when int8's rounding or scales change. Own layouts have a number
        /// of their own.
        private static let form = 1

        /// 64 hexadecimal digits.
        let digest: String

        /// - Parameters:
        ///   - weight: nil comes of one that is not a file's own bytes: those of a LoRA's sum are nowhere else.
        ///   - layout: in words, with the packing library's version.
        init?(_ weight: Parameter, layout: String) {
            let value = weight.value
            guard let origin = value.storage.origin else { return nil }
            let text =
                "\(Self.form)\u{0}\(origin)\u{0}\(value.byteOffset) \(value.shape) \(value.elementType.rawValue)\u{0}\(layout)"
            digest = SHA256.hash(data: Array(text.utf8)).hexadecimal
        }
    }

    /// What is kept under the key, if it is there and sound.
    func load(_ key: Key, byteCount: Int, context: ck_context) -> Storage? {
        let path = path(key)
        guard let storage = map(path, byteCount: byteCount) else { return nil }
        let head = UnsafeRawBufferPointer(start: storage.pointer - Self.headSize, count: Self.headSize)
        guard head.elementsEqual(self.head(key, bytes(of: storage), context)) else {
            unlink(path)
            report("dropped a damaged file of packed weights, \(path); the weights are packed again")
            return nil
        }
        BudgetedFolder.touch(path)
        return storage
    }

    /// Keeps bytes, and gives them back as the file's.
    func keep(_ bytes: UnsafeRawBufferPointer, for key: Key, context: ck_context) -> Storage? {
        let path = path(key)
        let inUse = Set(mapped.filter { $0.storage != nil }.map(\.name))
        switch folder.makeRoom(for: Int64(bytes.count + Self.headSize), inUse: inUse) {
        case .made: break
        case .beyondBudget:
            return fail(
                "this model's packed weights take more than the \(megabytes(folder.budget)) that they may (packed_weights, "
                    + "or --packed-weights-bytes)")
        case .diskIsFull:
            return fail(
                "the disk of \(folder.path) has less than \(megabytes(folder.leftFree)) left beside packed weights"
            )
        }
        do {
            // What a power cut leaves of it shows by its checksum.
            try head(key, bytes, context).withUnsafeBytes {
                try WholeFile.write([$0, bytes], to: path, mode: 0o640, lasts: false)
            }
        } catch {
            return fail("packed weights could not be kept: \(error)")
        }
        return map(path, byteCount: bytes.count)
    }

    /// Lets the system take back the memory of all that is mapped; it comes back from the page cache when it is used again.
    func discardPages() {
        mapped.removeAll { $0.storage == nil }
        for mapping in mapped { mapping.storage?.discardPages(0..<(mapping.storage?.byteCount ?? 0)) }
    }

    private func path(_ key: Key) -> String { "\(folder.path)/\(key.digest)\(Self.suffix)" }

    private func bytes(of storage: Storage) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage.pointer, count: storage.byteCount)
    }

    /// The file's first page.
    private func head(_ key: Key, _ bytes: UnsafeRawBufferPointer, _ context: ck_context) -> [UInt8] {
        let checksum = withUnsafePointer(to: context) { ck_checksum($0, bytes.baseAddress, bytes.count) }
        var head = Self.magic + Array(key.digest.utf8)
        for number in [UInt64(bytes.count), checksum] {
            withUnsafeBytes(of: number.littleEndian) { head += $0 }
        }
        return head + Array(repeating: 0, count: Self.headSize - head.count)
    }

    /// A file of just that size, after its first page; nil where there is none.
    private func map(_ path: String, byteCount: Int) -> Storage? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let size = Self.headSize + byteCount
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, Int(status.st_size) == size,
            let pointer = mmap(nil, size, PROT_READ, MAP_SHARED, file, 0), pointer != MAP_FAILED
        else { return nil }
        let storage = Storage(
            pointer: pointer + Self.headSize, byteCount: byteCount, isFileBacked: true
        ) { start, count in munmap(start - Self.headSize, Self.headSize + count) }
        mapped.removeAll { $0.storage == nil }
        mapped.append(Mapping(name: String(path.dropFirst(folder.path.count + 1)), storage: storage))
        return storage
    }

    private func megabytes(_ bytes: Int64) -> String { "\(bytes / 1_000_000) MB" }

    /// Says so once: what cannot be kept is packed at each start, as it was before.
    private func fail(_ message: String) -> Storage? {
        if !hasSaid { report("\(message); the model is packed anew at each start") }
        hasSaid = true
        return nil
    }
}
