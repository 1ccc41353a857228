#if canImport(COneDNN)
    import COneDNN

    extension OneDNNEngine {
        /// The integers that `x [..., in]` and a parameter's come to, `[..., out]`: four bytes each, not yet floats. Nil if
        /// oneDNN has no good implementation.
        func integerLinear(
            _ x: CPUBackend.Quantised, shape: Shape, weight: Parameter, backend: CPUBackend
        ) -> Tensor? {
            let depth = weight.shape[1]
            let key = OneDNNKey(
                source: [x.count / depth, depth], weight: weight.shape, geometry: nil, hasBias: false,
                hasResidual: false, activation: nil, precision: .int8)
            let made = primitive(key, for: weight, keepsLayout: true) { makeLinear(key, packedAs: $0) }
            return made.map { sums(of: $0, x, weight, shape.replacingLast(with: weight.shape[0]), backend) }
        }

        /// The same of a convolution. oneDNN 2.6's for channels that fill no vector gave wrong sums (19 to 21, 3x3).
        func integerConvolution(
            _ x: CPUBackend.Quantised, shape: Shape, weight: Parameter, geometry: ConvolutionGeometry,
            backend: CPUBackend
        ) -> Tensor? {
            guard weight.shape[0].isMultiple(of: 16), weight.shape[1].isMultiple(of: 16) else { return nil }
            let out: Shape = [
                shape[0], geometry.outputExtent(shape[1]), geometry.outputExtent(shape[2]), weight.shape[0],
            ]
            let key = OneDNNKey(
                source: shape, weight: weight.shape, geometry: geometry, hasBias: false, hasResidual: false,
                activation: nil, precision: .int8)
            let made = primitive(key, for: weight, keepsLayout: false) { _ in makeConvolution(key, out: out) }
            return made.map { sums(of: $0, x, weight, out, backend) }
        }

        private func sums(
            of primitive: OneDNNPrimitive, _ x: CPUBackend.Quantised, _ weight: Parameter, _ shape: Shape,
            _ backend: CPUBackend
        ) -> Tensor {
            let out = Tensor(uninitialized: shape, on: backend)
            withExtendedLifetime(x.values) {
                execute(
                    primitive, source: x.values.pointer, weight: weight, bias: nil, residual: nil, into: out,
                    backend: backend)
            }
            return out
        }
    }
#endif
