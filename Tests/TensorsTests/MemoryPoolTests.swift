import Tensors
import Testing

@Suite struct MemoryPoolTests {
    @Test func alignmentAndSize() {
        let pool = CPUBackend()
        for size in [0, 1, 63, 4096, 4097, 100_000, 2 << 20, (2 << 20) + 1] {
            let storage = pool.allocate(byteCount: size)
            #expect(storage.byteCount >= size)
            #expect(Int(bitPattern: storage.pointer) % 64 == 0)
            storage.pointer.initializeMemory(as: UInt8.self, repeating: 1, count: storage.byteCount)
        }
    }

    @Test func freedBlocksAreReused() {
        let pool = CPUBackend()
        var storage: Storage? = pool.allocate(byteCount: 100_000)
        let first = storage?.pointer
        storage = nil
        let again = pool.allocate(byteCount: 99_000)
        #expect(again.pointer == first)
        // What is in use is not given out.
        let other = pool.allocate(byteCount: 99_000)
        #expect(other.pointer != first)
    }

    /// Of a large block a small request takes a part, and what is free side by side serves a large one again.
    @Test func blocksArePartedAndJoined() {
        let pool = CPUBackend()
        let megabyte = 1 << 20
        var large: Storage? = pool.allocate(byteCount: 4 * megabyte)
        let guardian = pool.allocate(byteCount: megabyte)
        let start = large?.pointer
        large = nil
        var parts = (0..<4).map { _ in pool.allocate(byteCount: megabyte) }
        #expect(
            parts.map { Int(bitPattern: $0.pointer) }.sorted()
                == (0..<4).map { Int(bitPattern: start) + $0 * megabyte })
        #expect(pool.idleByteCount == 0)
        // In any order.
        for index in [1, 2, 0, 0] { parts.remove(at: index) }
        #expect(pool.allocate(byteCount: 4 * megabyte).pointer == start)
        #expect(guardian.byteCount == megabyte)
    }

    /// The smallest that is large enough.
    @Test func theBestFitIsTaken() {
        let pool = CPUBackend()
        let sizes = [3, 1, 2, 1, 4, 1].map { $0 << 20 }
        var blocks: [Storage?] = sizes.map { pool.allocate(byteCount: $0) }
        let second = blocks[2]?.pointer
        for index in [0, 2, 4] { blocks[index] = nil }
        #expect(pool.allocate(byteCount: 2 << 20).pointer == second)
        #expect(blocks.compactMap { $0 }.count == 3)
    }

    /// What was given back holds no memory, and can be had again.
    @Test func givenBackAndTakenAgain() {
        let pool = CPUBackend()
        var first: Storage? = pool.allocate(byteCount: 1 << 20)
        let kept = pool.allocate(byteCount: 1 << 20)
        kept.pointer.initializeMemory(as: UInt8.self, repeating: 7, count: kept.byteCount)
        first?.pointer.initializeMemory(as: UInt8.self, repeating: 9, count: 1 << 20)
        first = nil
        #expect(pool.idleByteCount == 1 << 20)
        pool.trim()
        #expect(pool.idleByteCount == 0)
        // The system's pages are zero when they come.
        let again = pool.allocate(byteCount: 1 << 20)
        let bytes = UnsafeRawBufferPointer(start: again.pointer, count: again.byteCount)
        #expect(bytes.allSatisfy { $0 == 0 })
        #expect(UnsafeRawBufferPointer(start: kept.pointer, count: kept.byteCount).allSatisfy { $0 == 7 })
    }

    @Test func passesDoNotGrow() {
        let pool = CPUBackend()
        func pass() {
            var held: [Storage] = []
            for index in 0..<50 {
                held.append(pool.allocate(byteCount: 1000 + 37_000 * (index * 7 % 13)))
                if index % 3 == 0 { held.removeFirst() }
            }
        }
        pass()
        pass()
        let bytes = pool.idleByteCount
        #expect(bytes > 0)
        for _ in 0..<20 { pass() }
        #expect(pool.idleByteCount == bytes)
        pool.trim()
        #expect(pool.idleByteCount == 0)
    }

    /// A block may outlive whoever asked for it, and come back after a trim.
    @Test func storageOutlivesTheBackend() {
        var backend: CPUBackend? = CPUBackend()
        let tensor = backend.map { Tensor(repeating: 3, shape: [1000], on: $0) }
        backend?.trim()
        backend = nil
        #expect(tensor?.elements == Array(repeating: 3, count: 1000))
    }

    /// A model's pass over again takes no memory that the first ones did not; weights are prepared once.
    @Test(arguments: [true, false])
    func operationsDoNotGrow(_ usesOneDNN: Bool) {
        let backend = CPUBackend(CPUConfiguration(threads: 2, usesOneDNN: usesOneDNN))
        let kernel = PlainTensor(random: [64, 32, 3, 3], seed: 1).parameter(.float16, on: backend).0
        let matrix = PlainTensor(random: [128, 64], seed: 2).parameter(.bfloat16, on: backend).0
        let norm = PlainTensor(random: [32], seed: 3).parameter(.float16, on: backend).0
        func pass() {
            let x = Tensor(repeating: 1, shape: [1, 33, 31, 32], on: backend)
            let y = x.groupNorm(groups: 8, weight: norm, bias: norm, epsilon: 1e-5, activation: .gelu)
                .convolution(
                    kernel, bias: nil, geometry: .init(kernel: 3, paddingBefore: 1, paddingAfter: 1)
                )
                .reshaped([1, 33 * 31, 64])
            let z = y.linear(matrix).geglu()
            let kv = [[KeysValues(keys: z.reshaped([33 * 31, 64]), values: y.reshaped([33 * 31, 64]))]]
            _ = y.attention(over: kv, heads: 2) + z
        }
        for _ in 0..<3 { pass() }
        let bytes = backend.idleByteCount
        for _ in 0..<10 { pass() }
        #expect(backend.idleByteCount == bytes)
        #expect([kernel, matrix, norm].allSatisfy { $0.prepared.count == 1 })
        backend.trim()
        #expect(backend.idleByteCount == 0)
    }
}
