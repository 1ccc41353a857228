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

    /// A large block is not spent on a small request.
    @Test func largeBlocksAreKeptForLargeRequests() {
        let pool = CPUBackend()
        var storage: Storage? = pool.allocate(byteCount: 1 << 20)
        let first = storage?.pointer
        storage = nil
        #expect(pool.allocate(byteCount: 1 << 19).pointer != first)
        #expect(pool.allocate(byteCount: 1_000_000).pointer == first)
    }

    /// Where more is free than is kept, what was not used for longest goes, not what is largest.
    @Test func theOldestGoes() {
        let pool = CPUBackend()
        let sizes = [150, 200, 180].map { $0 << 20 }
        var held = sizes.map { pool.allocate(byteCount: $0) }
        while !held.isEmpty { held.removeFirst() }
        #expect(pool.idleByteCount == sizes[1] + sizes[2])
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
