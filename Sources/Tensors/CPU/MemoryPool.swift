import CKernels
import Glibc

/// Memory for tensors, all in one place: blocks side by side, of which free neighbours are one. What a model's pass takes is then
/// little more than what it holds at its fullest, and the next pass touches no fresh page.
///
/// Addresses are reserved once, many more than there is memory, and opened as they are needed. Of free blocks the smallest that is
/// large enough serves a request. What is free stays the process's own until `trim`.
final class MemoryPool {
    private let start: UnsafeMutableRawPointer
    /// Bytes that are reserved, that are opened, and that blocks have ever reached to since the last `trim`.
    private let reserved: Int
    private var opened = 0
    private var end = 0
    /// What is free before `end`, by address, no two of them neighbours.
    private var free: [Free] = []

    private struct Free {
        var range: Range<Int>
        /// Whether it may hold memory, not only addresses.
        var isHeld: Bool
    }

    private static let pageSize = 4096
    private static let step = 64 << 20

    init() {
        var size = 4 * sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        // Under a limit files need addresses too, and other pools.
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < UInt64(size) {
            size = Int(limit.rlim_cur / 4)
        }
        var pointer = Self.reserve(size)
        while pointer == nil, size > 2 * Self.step {
            size /= 2
            pointer = Self.reserve(size)
        }
        guard let pointer else { fatalError("no addresses for tensors: raise the limit of ulimit -v") }
        (start, reserved) = (pointer, size)
    }

    deinit { munmap(start, reserved) }

    private static func reserve(_ size: Int) -> UnsafeMutableRawPointer? {
        let pointer = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        return pointer == MAP_FAILED ? nil : pointer
    }

    /// Bytes that are held for reuse.
    var idleByteCount: Int { free.reduce(0) { $0 + ($1.isHeld ? $1.range.count : 0) } }

    func allocate(byteCount: Int) -> Storage {
        let size = max(Self.pageSize, (byteCount + Self.pageSize - 1) / Self.pageSize * Self.pageSize)
        let offset = recycled(size) ?? fresh(size)
        return Storage(pointer: start + offset, byteCount: size) { [self] pointer, size in
            let offset = pointer - start
            reclaim(offset..<offset + size)
        }
    }

    /// Gives the memory of all that is free back to the system.
    func trim() {
        for index in free.indices where free[index].isHeld {
            madvise(start + free[index].range.lowerBound, free[index].range.count, MADV_DONTNEED)
            free[index].isHeld = false
        }
        if let last = free.last, last.range.upperBound == end {
            end = last.range.lowerBound
            free.removeLast()
        }
        ck_return_freed_memory()
    }

    private func recycled(_ size: Int) -> Int? {
        let best = free.indices.filter { free[$0].range.count >= size }.min {
            free[$0].range.count < free[$1].range.count
        }
        guard let best else { return nil }
        let offset = free[best].range.lowerBound
        if free[best].range.count == size {
            free.remove(at: best)
        } else {
            free[best].range = offset + size..<free[best].range.upperBound
        }
        return offset
    }

    /// Behind all others, from where the last free block begins if it is the last of all.
    private func fresh(_ size: Int) -> Int {
        var offset = end
        if let last = free.last, last.range.upperBound == end {
            offset = last.range.lowerBound
            free.removeLast()
        }
        if offset + size > opened { open(to: offset + size) }
        end = offset + size
        return offset
    }

    private func open(to size: Int) {
        let target = (size + Self.step - 1) / Self.step * Self.step
        guard target <= reserved, mprotect(start + opened, target - opened, PROT_READ | PROT_WRITE) == 0
        else {
            fatalError(
                "out of memory: \((target - opened) >> 20) MiB more were needed; use a smaller picture or fewer references"
            )
        }
        madvise(start + opened, target - opened, MADV_HUGEPAGE)
        opened = target
    }

    private func reclaim(_ range: Range<Int>) {
        var index = free.firstIndex { $0.range.lowerBound >= range.upperBound } ?? free.count
        var block = Free(range: range, isHeld: true)
        if index < free.count, free[index].range.lowerBound == range.upperBound {
            block.range = block.range.lowerBound..<free.remove(at: index).range.upperBound
        }
        if index > 0, free[index - 1].range.upperBound == range.lowerBound {
            index -= 1
            block.range = free.remove(at: index).range.lowerBound..<block.range.upperBound
        }
        free.insert(block, at: index)
    }
}
