import CKernels
import Glibc

/// Recycles blocks of memory, so that a forward pass touches fresh pages only the first time.
///
/// A free block serves a request if it is at most a quarter larger; otherwise a new one is allocated. Where free blocks are too
/// many, those that were not used for longest go back to the system: a U-Net's sizes come again, a VAE's do not.
final class MemoryPool {
    /// What is held for reuse at most, in bytes.
    var mostIdle = 512 << 20
    private(set) var idleByteCount = 0
    /// Free blocks, by ascending size; `since` counts what was freed.
    private var free: [(pointer: UnsafeMutableRawPointer, size: Int, since: Int)] = []
    private var freedCount = 0
    private static let pageSize = 4096
    private static let hugePageSize = 2 << 20

    deinit { trim() }

    func allocate(byteCount: Int) -> Storage {
        let size = max(Self.pageSize, (byteCount + Self.pageSize - 1) / Self.pageSize * Self.pageSize)
        let pointer = recycled(atLeast: size) ?? (fresh(size), size)
        return Storage(pointer: pointer.0, byteCount: pointer.1) { [self] pointer, size in
            reclaim(pointer, size)
        }
    }

    /// Gives every free block back to the system.
    func trim() {
        for block in free { Glibc.free(block.pointer) }
        free.removeAll()
        idleByteCount = 0
        ck_return_freed_memory()
    }

    private func recycled(atLeast size: Int) -> (UnsafeMutableRawPointer, Int)? {
        let index = position(of: size)
        guard index < free.count, free[index].size - size <= max(size / 4, Self.pageSize) else { return nil }
        let block = free.remove(at: index)
        idleByteCount -= block.size
        return (block.pointer, block.size)
    }

    private func reclaim(_ pointer: UnsafeMutableRawPointer, _ size: Int) {
        freedCount += 1
        free.insert((pointer, size, freedCount), at: position(of: size))
        idleByteCount += size
        while idleByteCount > mostIdle, let oldest = free.indices.min(by: { free[$0].since < free[$1].since })
        {
            let block = free.remove(at: oldest)
            idleByteCount -= block.size
            Glibc.free(block.pointer)
        }
    }

    private func position(of size: Int) -> Int {
        var low = 0
        var high = free.count
        while low < high {
            let middle = (low + high) / 2
            if free[middle].size < size { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func fresh(_ size: Int) -> UnsafeMutableRawPointer {
        var pointer: UnsafeMutableRawPointer?
        let isLarge = size >= Self.hugePageSize
        let status = posix_memalign(&pointer, isLarge ? Self.hugePageSize : 64, size)
        guard status == 0, let pointer else {
            fatalError(
                "out of memory: \(size >> 20) MiB more were needed; use a smaller picture or fewer references"
            )
        }
        if isLarge { madvise(pointer, size, MADV_HUGEPAGE) }
        return pointer
    }
}
