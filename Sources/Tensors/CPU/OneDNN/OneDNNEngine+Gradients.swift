#if canImport(COneDNN)
    import CKernels
    import COneDNN

    /// Backward convolutions, kept by geometry as the forward ones are.
    struct OneDNNGradientKey: Hashable {
        let forward: OneDNNKey
        let kind: OneDNNConvolutionGradient.Kind
    }

    /// A backward convolution and the ways of its weights' gradient back to the checkpoint's layout.
    final class OneDNNGradientEntry {
        let gradient: OneDNNConvolutionGradient
        var reorders: [Bool: OneDNNReorder] = [:]
        init(_ gradient: OneDNNConvolutionGradient) { self.gradient = gradient }
    }

    extension OneDNNEngine {
        /// False if oneDNN has no good implementation for this geometry.
        func convolutionInputGradient(
            _ gradient: Tensor, weight: Parameter, geometry: ConvolutionGeometry, into out: Tensor,
            backend: CPUBackend
        ) -> Bool {
            let key = OneDNNKey(
                source: out.shape, weight: weight.shape, geometry: geometry, hasBias: false,
                hasResidual: false, activation: nil)
            guard
                let made = entry(key, kind: .input, out: gradient.shape, for: weight, backend)?.gradient
            else { return false }
            let packed = packedForGradient(weight, for: made, backend: backend)
            let gradient = made.precision == .bfloat16 ? backend.rounded(gradient) : gradient
            withExtendedLifetime((gradient, out, packed)) {
                run(
                    made,
                    arguments: [
                        (DNNL_ARG_DIFF_SRC, made.source, out.rawPointer),
                        (DNNL_ARG_DIFF_DST, made.destination, gradient.rawPointer),
                    ], weights: (DNNL_ARG_WEIGHTS, packed.memory), name: weight.name, backend: backend)
            }
            return true
        }

        /// False if oneDNN has no good implementation for this geometry.
        func convolutionWeightGradient(
            _ x: Tensor, _ gradient: Tensor, weight: Parameter, geometry: ConvolutionGeometry,
            into target: Tensor, adds: Bool, backend: CPUBackend
        ) -> Bool {
            let key = OneDNNKey(
                source: x.shape, weight: weight.shape, geometry: geometry, hasBias: false,
                hasResidual: false, activation: nil)
            guard let entry = entry(key, kind: .weights, out: gradient.shape, for: weight, backend) else {
                return false
            }
            let made = entry.gradient
            let (x, gradient) =
                made.precision == .bfloat16 ? (backend.rounded(x), backend.rounded(gradient)) : (x, gradient)
            let reorder =
                entry.reorders[adds]
                ?? OneDNNReorder(
                    from: made.weightLayout, to: made.plainWeightLayout, adds: adds, engine: engine)
            guard let reorder else { return false }
            entry.reorders[adds] = reorder
            let storage = backend.allocate(byteCount: dnnl_memory_desc_get_size(&reorder.source.layout))
            reorder.source.point(at: storage.pointer)
            withExtendedLifetime((x, gradient)) {
                run(
                    made,
                    arguments: [
                        (DNNL_ARG_SRC, made.source, x.rawPointer),
                        (DNNL_ARG_DIFF_DST, made.destination, gradient.rawPointer),
                    ], weights: (DNNL_ARG_DIFF_WEIGHTS, reorder.source), name: weight.name, backend: backend)
            }
            reorder.destination.point(at: target.rawPointer)
            let arguments = [
                dnnl_exec_arg_t(arg: DNNL_ARG_FROM, memory: reorder.source.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_TO, memory: reorder.destination.memory),
            ]
            withExtendedLifetime((storage, target)) {
                execute(reorder.primitive, arguments, weight.name)
            }
            return true
        }

        /// In the precision that products with `weight` have, or in float32 if oneDNN has none.
        private func entry(
            _ key: OneDNNKey, kind: OneDNNConvolutionGradient.Kind, out: Shape, for weight: Parameter,
            _ backend: CPUBackend
        ) -> OneDNNGradientEntry? {
            if backend.isReduced(weight) {
                var reduced = key
                reduced.precision = backend.configuration.precision
                if let made = entry(reduced, kind: kind, out: out) { return made }
            }
            return entry(key, kind: kind, out: out)
        }

        private func entry(_ key: OneDNNKey, kind: OneDNNConvolutionGradient.Kind, out: Shape)
            -> OneDNNGradientEntry?
        {
            let key = OneDNNGradientKey(forward: key, kind: kind)
            if let known = gradients[key] { return known }
            ck_limit_threads(Int32(threads))
            let made = OneDNNConvolutionGradient(key.forward, kind: kind, out: out, engine: engine)
                .map(OneDNNGradientEntry.init)
            gradients[key] = .some(made)
            return made
        }

        private func run(
            _ made: OneDNNConvolutionGradient,
            arguments: [(argument: Int32, memory: OneDNNMemory, pointer: UnsafeMutableRawPointer)],
            weights: (argument: Int32, memory: OneDNNMemory), name: String, backend: CPUBackend
        ) {
            ck_limit_threads(Int32(threads))
            let scratchpad = backend.allocate(byteCount: max(64, made.scratchpadSize))
            made.scratchpad.point(at: scratchpad.pointer)
            var list = [
                dnnl_exec_arg_t(arg: weights.argument, memory: weights.memory.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: made.scratchpad.memory),
            ]
            for (argument, memory, pointer) in arguments {
                memory.point(at: pointer)
                list.append(dnnl_exec_arg_t(arg: argument, memory: memory.memory))
            }
            withExtendedLifetime(scratchpad) { execute(made.primitive, list, name) }
        }

        /// The weights as the gradient of the input wants them, kept with the parameter.
        private func packedForGradient(
            _ weight: Parameter, for made: OneDNNConvolutionGradient, backend: CPUBackend
        ) -> OneDNNPackedWeight {
            let slot = "oneDNN, backward"
            if let kept = weight.prepared[slot] as? OneDNNPackedWeight, kept.owner === self,
                kept.memory.hasLayout(made.weightLayout)
            {
                return kept
            }
            let packed = packed(
                weight, plain: made.plainWeightLayout, as: made.weightLayout, backend: backend)
            weight.prepared[slot] = packed
            return packed
        }
    }
#endif
