#if canImport(COneDNN)
    import CKernels
    import COneDNN

    /// oneDNN on this thread's processor: primitives are created once per geometry, weights reordered once.
    final class OneDNNEngine {
        let engine: dnnl_engine_t
        private let stream: dnnl_stream_t
        let threads: Int
        /// By geometry, one for every layout of the weights that was met; the first is the one that oneDNN
        /// chose. Empty for a geometry that it has no implementation for.
        private var primitives: [OneDNNKey: [OneDNNPrimitive]] = [:]
        /// Backward convolutions; nil where it has no implementation.
        var gradients: [OneDNNGradientKey: OneDNNGradientEntry?] = [:]
        /// Products of plain matrices of bfloat16; nil where it has no implementation.
        var products: [OneDNNProductKey: (primitive: OneDNNPrimitive, weights: OneDNNMemory)?] = [:]

        /// Bounds the instruction set of all of oneDNN in this process as `JEDI_CPU` says. That is possible
        /// only before oneDNN is first used, and so once: the first engine does it, whatever the configuration
        /// of its backend and of later ones.
        private static let boundInstructionSet: Void = {
            switch CPUConfiguration.maskedInstructionSet {
            case .reference, .generic: dnnl_set_max_cpu_isa(dnnl_cpu_isa_sse41)
            case .avx2: dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2)
            case .avx512: dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx512_core_bf16)
            case nil: break
            }
        }()

        /// Nil if oneDNN refuses to start.
        init?(threads: Int) {
            var engine: dnnl_engine_t?
            var stream: dnnl_stream_t?
            _ = Self.boundInstructionSet
            ck_limit_threads(Int32(threads))
            guard dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success, let engine,
                dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue))
                    == dnnl_success, let stream
            else { return nil }
            self.engine = engine
            self.stream = stream
            self.threads = threads
        }

        deinit {
            primitives.removeAll()
            gradients.removeAll()
            products.removeAll()
            dnnl_stream_destroy(stream)
            dnnl_engine_destroy(engine)
        }

        /// The primitive for `key`, made by `create` the first time; nil if there is no implementation.
        ///
        /// `create` is given the layout that the weights shall have, or nil for the one that oneDNN likes best.
        /// With `keepsLayout`, the layout that `weight` is already packed in is tried before that, so that a
        /// weight used at several geometries is not packed anew each time.
        func primitive(
            _ key: OneDNNKey, for weight: Parameter, keepsLayout: Bool,
            create: (dnnl_memory_desc_t?) -> OneDNNPrimitive?
        ) -> OneDNNPrimitive? {
            let packed = keepsLayout ? packedForm(of: weight) : nil
            let known = primitives[key]
            if let packed {
                if let ready = known?.first(where: { packed.memory.hasLayout($0.weightLayout) }) {
                    return ready
                }
                ck_limit_threads(Int32(threads))
                if let made = create(packed.memory.layout) {
                    primitives[key, default: []].append(made)
                    return made
                }
            }
            if let known { return known.first }
            ck_limit_threads(Int32(threads))
            let made = create(nil)
            primitives[key] = made.map { [$0] } ?? []
            return made
        }

        /// The primitive for `key` in the precision that the backend asks for, or in float32 if oneDNN has none.
        func primitive(
            _ key: OneDNNKey, for weight: Parameter, keepsLayout: Bool, backend: CPUBackend,
            create: (OneDNNKey, dnnl_memory_desc_t?) -> OneDNNPrimitive?
        ) -> OneDNNPrimitive? {
            if backend.isReduced(weight), backend.configuration.supports(.bfloat16) {
                var reduced = key
                reduced.precision = .bfloat16
                let made = primitive(reduced, for: weight, keepsLayout: keepsLayout) { create(reduced, $0) }
                if let made { return made }
            }
            return primitive(key, for: weight, keepsLayout: keepsLayout) { create(key, $0) }
        }

        /// Runs a primitive; `bias` and `residual` must be given exactly when it was created with them.
        func execute(
            _ primitive: OneDNNPrimitive, source: Tensor, weight: Parameter, bias: Tensor?,
            residual: Tensor?, into out: Tensor, backend: CPUBackend
        ) {
            let source =
                primitive.precision == .bfloat16 ? backend.rounded(source) : backend.floats(source)
            withExtendedLifetime(source) {
                execute(
                    primitive, source: source.rawPointer, weight: weight, bias: bias, residual: residual,
                    into: out, backend: backend)
            }
        }

        /// The same of factors that are in the primitive's precision already.
        func execute(
            _ primitive: OneDNNPrimitive, source: UnsafeMutableRawPointer, weight: Parameter, bias: Tensor?,
            residual: Tensor?, into out: Tensor, backend: CPUBackend
        ) {
            ck_limit_threads(Int32(threads))
            let packed = packedWeight(weight, for: primitive, backend: backend)
            let scratchpad = backend.allocate(byteCount: max(64, primitive.scratchpadSize))
            primitive.source.point(at: source)
            primitive.destination.point(at: out.rawPointer)
            primitive.scratchpad.point(at: scratchpad.pointer)
            var arguments = [
                dnnl_exec_arg_t(arg: DNNL_ARG_SRC, memory: primitive.source.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_WEIGHTS, memory: packed.memory.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_DST, memory: primitive.destination.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: primitive.scratchpad.memory),
            ]
            if let memory = primitive.bias, let bias {
                memory.point(at: bias.rawPointer)
                arguments.append(dnnl_exec_arg_t(arg: DNNL_ARG_BIAS, memory: memory.memory))
            }
            if let memory = primitive.residual, let residual {
                memory.point(at: residual.rawPointer)
                // The first post-operation's second source.
                let argument = DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE | DNNL_ARG_SRC_1
                arguments.append(dnnl_exec_arg_t(arg: argument, memory: memory.memory))
            }
            // oneDNN has only the addresses.
            withExtendedLifetime((packed, bias, residual, out, scratchpad)) {
                execute(primitive.primitive, arguments, weight.name)
            }
        }

        func execute(_ primitive: dnnl_primitive_t, _ arguments: [dnnl_exec_arg_t], _ name: String) {
            check(dnnl_primitive_execute(primitive, stream, Int32(arguments.count), arguments), name)
            check(dnnl_stream_wait(stream), name)
        }

        /// What this engine packed `weight` into; another engine's form is of no use here.
        private func packedForm(of weight: Parameter) -> OneDNNPackedWeight? {
            guard let kept = weight.packed as? OneDNNPackedWeight, kept.owner === self else {
                return nil
            }
            return kept
        }

        /// The weights in the layout that the primitive asks for, kept with the parameter; the file's own
        /// pages are then no longer needed in memory.
        private func packedWeight(
            _ weight: Parameter, for primitive: OneDNNPrimitive, backend: CPUBackend
        ) -> OneDNNPackedWeight {
            if let kept = packedForm(of: weight), kept.memory.hasLayout(primitive.weightLayout) {
                return kept
            }
            weight.packed = nil
            let packed = storedForm(of: weight, for: primitive, backend: backend)
            weight.packed = packed
            weight.discardPages()
            return packed
        }

        /// The packed weights that are kept on the disk, or such as are packed now and kept there if they can be.
        private func storedForm(
            of weight: Parameter, for primitive: OneDNNPrimitive, backend: CPUBackend
        ) -> OneDNNPackedWeight {
            let (plain, wanted) = (primitive.plainWeightLayout, primitive.weightLayout)
            guard let store = backend.packedWeights, let text = OneDNNMemory.text(of: wanted),
                let key = PackedWeightStore.Key(weight, layout: text)
            else { return packed(weight, plain: plain, as: wanted, backend: backend) }
            // Integers have their scales behind them.
            let scalesAt = (withUnsafePointer(to: wanted, dnnl_memory_desc_get_size) + 63) / 64 * 64
            let scales = wanted.data_type == dnnl_s8 ? weight.shape[0] : 0
            let byteCount = scalesAt + scales * ElementType.float32.size
            func form(_ storage: Storage) -> OneDNNPackedWeight {
                if scales > 0 {
                    backend.keep(
                        scales: Tensor(
                            shape: [scales], storage: storage, byteOffset: scalesAt, backend: backend),
                        of: weight)
                }
                return OneDNNPackedWeight(wanted, storage: { _ in storage }, owner: self)
            }
            if let storage = store.load(key, byteCount: byteCount, context: backend.context) {
                return form(storage)
            }
            let packed = packed(
                weight, plain: plain, as: wanted, byteCount: byteCount, backend: backend)
            if scales > 0 {
                (packed.storage.pointer + scalesAt).copyMemory(
                    from: backend.scales(of: weight).rawPointer,
                    byteCount: scales * ElementType.float32.size)
            }
            let bytes = UnsafeRawBufferPointer(start: packed.storage.pointer, count: byteCount)
            return store.keep(bytes, for: key, context: backend.context).map(form) ?? packed
        }

        /// A parameter in another layout than the checkpoint's, `plain`, in memory with room for `byteCount`.
        func packed(
            _ weight: Parameter, plain layout: dnnl_memory_desc_t, as wanted: dnnl_memory_desc_t,
            byteCount: Int = 0, backend: CPUBackend
        ) -> OneDNNPackedWeight {
            let plain: Storage
            let source = OneDNNMemory(layout, engine: engine)
            if layout.data_type == dnnl_s8 {
                plain = backend.quantised(weight).values
                source.point(at: plain.pointer)
            } else {
                let converted = backend.converted(weight)
                plain = converted.storage
                source.point(at: converted.rawPointer)
            }
            let packed = OneDNNPackedWeight(
                wanted, storage: { backend.allocate(byteCount: max($0, byteCount)) }, owner: self)
            var description: dnnl_primitive_desc_t?
            var reorder: dnnl_primitive_t?
            check(
                dnnl_reorder_primitive_desc_create(
                    &description, &source.layout, engine, &packed.memory.layout, engine, nil), weight.name)
            check(dnnl_primitive_create(&reorder, description), weight.name)
            let arguments = [
                dnnl_exec_arg_t(arg: DNNL_ARG_FROM, memory: source.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_TO, memory: packed.memory.memory),
            ]
            withExtendedLifetime(plain) {
                check(dnnl_primitive_execute(reorder, stream, 2, arguments), weight.name)
                check(dnnl_stream_wait(stream), weight.name)
            }
            dnnl_primitive_destroy(reorder)
            dnnl_primitive_desc_destroy(description)
            return packed
        }

        /// A primitive that was created runs; anything else is a lack of memory or a defect.
        private func check(_ status: dnnl_status_t, _ name: String) {
            if status == dnnl_out_of_memory { fatalError("out of memory in oneDNN at \(name)") }
            precondition(status == dnnl_success, "oneDNN failed at \(name) with status \(status.rawValue)")
        }
    }

    /// What a primitive depends on.
    struct OneDNNKey: Hashable {
        var source: Shape
        var weight: Shape
        var geometry: ConvolutionGeometry?
        var hasBias: Bool
        var hasResidual: Bool
        var activation: Activation?
        /// Of the source and the weights. Bias and residual are float32, and so is the destination but for int8: integers.
        var precision: Precision = .float32
    }
#endif
