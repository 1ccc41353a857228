#if canImport(COneDNN)
    import COneDNN

    extension OneDNNEngine {
        /// False if oneDNN has no good implementation for this product.
        /// - Parameter keepsLayout: whether weights that are packed already are multiplied as they are.
        func linear(
            _ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?, into out: Tensor,
            keepsLayout: Bool = true, backend: CPUBackend
        ) -> Bool {
            let depth = weight.shape[1]
            let key = OneDNNKey(
                source: [x.count / depth, depth], weight: weight.shape, geometry: nil,
                hasBias: bias != nil, hasResidual: residual != nil, activation: nil)
            let made = primitive(key, for: weight, keepsLayout: keepsLayout, backend: backend) {
                makeLinear($0, packedAs: $1)
            }
            guard let made else { return false }
            execute(
                made, source: x, weight: weight, bias: bias.map { backend.float32($0) },
                residual: residual, into: out, backend: backend)
            return true
        }

        /// The product with weights in the given layout, or the one that oneDNN chooses.
        func makeLinear(_ key: OneDNNKey, packedAs layout: dnnl_memory_desc_t?) -> OneDNNPrimitive? {
            let (rows, depth, columns) = (key.source[0], key.source[1], key.weight[0])
            guard var source = OneDNNMemory.layout([rows, depth], dnnl_ab, key.precision.factors),
                var destination = OneDNNMemory.layout([rows, columns], dnnl_ab, key.precision.sums),
                // `weight [out, in]` is the product's second factor `[in, out]`, transposed in memory.
                let plain = OneDNNMemory.layout([depth, columns], dnnl_ba, key.precision.plainWeights),
                let any = OneDNNMemory.layout(
                    [depth, columns], dnnl_format_tag_any, key.precision.factors),
                var bias = OneDNNMemory.layout([1, columns], dnnl_ab)
            else { return nil }
            var weights = layout ?? any
            var operation = dnnl_matmul_desc_t()
            let status = withUnsafePointer(to: &bias) { bias in
                dnnl_matmul_desc_init(&operation, &source, &weights, key.hasBias ? bias : nil, &destination)
            }
            guard status == dnnl_success,
                let made = OneDNNPrimitive(
                    operation: &operation, plainWeightLayout: plain, source: source,
                    destination: destination, bias: key.hasBias ? bias : nil,
                    residual: key.hasResidual ? destination : nil, activation: nil, precision: key.precision,
                    engine: engine),
                !made.isReference
            else { return nil }
            return made
        }
    }
#endif
