#if canImport(COneDNN)
    import COneDNN

    extension OneDNNEngine {
        /// False if oneDNN has no good implementation for this geometry.
        func convolution(
            _ x: Tensor, weight: Parameter, bias: Parameter?, geometry: ConvolutionGeometry,
            residual: Tensor?, activation: Activation?, into out: Tensor, backend: CPUBackend
        ) -> Bool {
            let key = OneDNNKey(
                source: x.shape, weight: weight.shape, geometry: geometry, hasBias: bias != nil,
                hasResidual: residual != nil, activation: activation)
            // Each size of the image wants its own layout of the weights, and few implementations take another.
            let made = primitive(key, for: weight, keepsLayout: false, backend: backend) { key, _ in
                makeConvolution(key, out: out.shape)
            }
            guard let made else { return false }
            execute(
                made, source: x, weight: weight, bias: bias.map { backend.float32($0) },
                residual: residual, into: out, backend: backend)
            return true
        }

        /// Activations NHWC, weights as oneDNN likes them best.
        func makeConvolution(_ key: OneDNNKey, out: Shape) -> OneDNNPrimitive? {
            guard let geometry = key.geometry else { return nil }
            // oneDNN names extents in the order N, C, H, W whatever the memory order.
            let logical = { (shape: Shape) in [shape[0], shape[3], shape[1], shape[2]] }
            guard var source = OneDNNMemory.layout(logical(key.source), dnnl_nhwc, key.precision.factors),
                var destination = OneDNNMemory.layout(logical(out), dnnl_nhwc, key.precision.sums),
                let plain = OneDNNMemory.layout(
                    key.weight.dimensions, dnnl_oihw, key.precision.plainWeights),
                var anyWeight = OneDNNMemory.layout(
                    key.weight.dimensions, dnnl_format_tag_any, key.precision.factors),
                var bias = OneDNNMemory.layout([key.weight[0]], dnnl_x)
            else { return nil }
            let pair = { (n: Int) in [Int64(n), Int64(n)] }
            var operation = dnnl_convolution_desc_t()
            let status = withUnsafePointer(to: &bias) { bias in
                dnnl_convolution_forward_desc_init(
                    &operation, dnnl_forward_inference, dnnl_convolution_direct, &source, &anyWeight,
                    key.hasBias ? bias : nil, &destination, pair(geometry.stride),
                    pair(geometry.paddingBefore), pair(geometry.paddingAfter))
            }
            guard status == dnnl_success,
                let made = OneDNNPrimitive(
                    operation: &operation, plainWeightLayout: plain, source: source,
                    destination: destination, bias: key.hasBias ? bias : nil,
                    residual: key.hasResidual ? destination : nil, activation: key.activation,
                    precision: key.precision, engine: engine), !made.isReference, !made.isUnfolding
            else { return nil }
            return made
        }
    }
#endif
