#if canImport(COneDNN)
    import CKernels
    import COneDNN

    /// What a product of two matrices of bfloat16 depends on.
    struct OneDNNProductKey: Hashable {
        let rows, columns, depth: Int
        let isFirstTransposed, isSecondTransposed: Bool
        /// Whether the product is added to what is there.
        let adds: Bool
    }

    extension OneDNNEngine {
        /// `out [rows, columns] (+)= a [rows, depth] b [depth, columns]`, the factors rounded to bfloat16, the sum float32.
        /// False if oneDNN has no good implementation.
        func reducedProduct(
            _ a: CPUBackend.Factor, _ b: CPUBackend.Factor, _ key: OneDNNProductKey,
            into out: UnsafeMutablePointer<Float>, name: String, backend: CPUBackend
        ) -> Bool {
            guard let (made, weights) = product(key) else { return false }
            let factors = [(a, key.rows * key.depth), (b, key.depth * key.columns)].map { factor, count in
                let storage = backend.allocate(byteCount: 2 * count)
                ck_bfloat_from_float(
                    &backend.context, storage.pointer.assumingMemoryBound(to: UInt16.self), factor.pointer,
                    count)
                return storage
            }
            ck_limit_threads(Int32(threads))
            let scratchpad = backend.allocate(byteCount: max(64, made.scratchpadSize))
            made.source.point(at: factors[0].pointer)
            weights.point(at: factors[1].pointer)
            made.destination.point(at: out)
            made.scratchpad.point(at: scratchpad.pointer)
            let arguments = [
                dnnl_exec_arg_t(arg: DNNL_ARG_SRC, memory: made.source.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_WEIGHTS, memory: weights.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_DST, memory: made.destination.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: made.scratchpad.memory),
            ]
            withExtendedLifetime((factors, scratchpad)) { execute(made.primitive, arguments, name) }
            return true
        }

        private func product(_ key: OneDNNProductKey) -> (OneDNNPrimitive, OneDNNMemory)? {
            if let known = products[key] { return known }
            ck_limit_threads(Int32(threads))
            let made = makeProduct(key).map { ($0, OneDNNMemory($0.weightLayout, engine: engine)) }
            products[key] = .some(made)
            return made
        }

        /// Of two plain matrices, neither of which is packed or kept.
        private func makeProduct(_ key: OneDNNProductKey) -> OneDNNPrimitive? {
            guard
                var source = OneDNNMemory.layout(
                    [key.rows, key.depth], key.isFirstTransposed ? dnnl_ba : dnnl_ab, dnnl_bf16),
                var weights = OneDNNMemory.layout(
                    [key.depth, key.columns], key.isSecondTransposed ? dnnl_ba : dnnl_ab, dnnl_bf16),
                var destination = OneDNNMemory.layout([key.rows, key.columns], dnnl_ab)
            else { return nil }
            var operation = dnnl_matmul_desc_t()
            guard
                dnnl_matmul_desc_init(&operation, &source, &weights, nil, &destination) == dnnl_success,
                let made = OneDNNPrimitive(
                    operation: &operation, plainWeightLayout: weights, source: source,
                    destination: destination, bias: nil, residual: nil, activation: nil, adds: key.adds,
                    precision: .bfloat16, engine: engine), !made.isReference
            else { return nil }
            return made
        }
    }
#endif
