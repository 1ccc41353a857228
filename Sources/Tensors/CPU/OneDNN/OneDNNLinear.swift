#if canImport(COneDNN)
    import COneDNN

    extension OneDNNEngine {
        /// False if oneDNN has no implementation for this product.
        func linear(
            _ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?, into out: Tensor,
            backend: CPUBackend
        ) -> Bool {
            let depth = weight.shape[1]
            let key = OneDNNKey(
                source: [x.count / depth, depth], weight: weight.shape, geometry: nil,
                hasBias: bias != nil, hasResidual: residual != nil, activation: nil)
            let kept = weight.prepared["oneDNN"] as? OneDNNPackedWeight
            let made = primitive(key) { makeLinear(key, packedAs: kept?.memory.layout) }
            guard let made else { return false }
            execute(
                made, source: x, weight: weight, bias: bias.map { backend.float32($0) },
                residual: residual, into: out, backend: backend)
            return true
        }

        /// Kernels for other numbers of rows would each prefer a layout of their own; the one that the weight
        /// has already is taken if possible, so that it is not packed again.
        private func makeLinear(_ key: OneDNNKey, packedAs layout: dnnl_memory_desc_t?) -> OneDNNPrimitive? {
            let (rows, depth, columns) = (key.source[0], key.source[1], key.weight[0])
            guard let source = OneDNNMemory.layout([rows, depth], dnnl_ab),
                let destination = OneDNNMemory.layout([rows, columns], dnnl_ab),
                // `weight [out, in]` is the product's second factor `[in, out]`, transposed in memory.
                let plain = OneDNNMemory.layout([depth, columns], dnnl_ba),
                let any = OneDNNMemory.layout([depth, columns], dnnl_format_tag_any),
                let bias = OneDNNMemory.layout([1, columns], dnnl_ab)
            else { return nil }
            for candidate in [layout, any].compactMap({ $0 }) {
                var (source, candidate, destination, bias) = (source, candidate, destination, bias)
                var operation = dnnl_matmul_desc_t()
                let status = withUnsafePointer(to: &bias) { bias in
                    dnnl_matmul_desc_init(
                        &operation, &source, &candidate, key.hasBias ? bias : nil, &destination)
                }
                guard status == dnnl_success,
                    let made = OneDNNPrimitive(
                        operation: &operation, plainWeightLayout: plain, source: source,
                        destination: destination, bias: key.hasBias ? bias : nil,
                        residual: key.hasResidual ? destination : nil, activation: nil, engine: engine)
                else { continue }
                return made
            }
            return nil
        }
    }
#endif
