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
            guard let made = product(key) else { return false }
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
            made.weights.point(at: factors[1].pointer)
            made.destination.point(at: out)
            made.scratchpad.point(at: scratchpad.pointer)
            let arguments = [
                dnnl_exec_arg_t(arg: DNNL_ARG_SRC, memory: made.source.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_WEIGHTS, memory: made.weights.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_DST, memory: made.destination.memory),
                dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: made.scratchpad.memory),
            ]
            withExtendedLifetime((factors, scratchpad)) { execute(made.primitive, arguments, name) }
            return true
        }

        private func product(_ key: OneDNNProductKey) -> OneDNNProduct? {
            if let known = products[key] { return known }
            ck_limit_threads(Int32(threads))
            let made = OneDNNProduct(key, precision: .bfloat16, engine: engine)
            products[key] = .some(made)
            return made
        }
    }

    /// A compiled product of two plain matrices, neither of which is packed or kept.
    final class OneDNNProduct {
        let primitive: dnnl_primitive_t
        let source, weights, destination, scratchpad: OneDNNMemory
        let scratchpadSize: Int

        /// Nil if oneDNN has no implementation but the plain loops that it tests others with.
        /// - Parameter precision: of the factors.
        init?(_ key: OneDNNProductKey, precision: Precision, engine: dnnl_engine_t) {
            guard
                var source = OneDNNMemory.layout(
                    [key.rows, key.depth], key.isFirstTransposed ? dnnl_ba : dnnl_ab, precision),
                var weights = OneDNNMemory.layout(
                    [key.depth, key.columns], key.isSecondTransposed ? dnnl_ba : dnnl_ab, precision),
                var destination = OneDNNMemory.layout([key.rows, key.columns], dnnl_ab)
            else { return nil }
            var operation = dnnl_matmul_desc_t()
            guard dnnl_matmul_desc_init(&operation, &source, &weights, nil, &destination) == dnnl_success
            else { return nil }
            var attributes: dnnl_primitive_attr_t?
            var postOperations: dnnl_post_ops_t?
            dnnl_primitive_attr_create(&attributes)
            dnnl_post_ops_create(&postOperations)
            defer {
                dnnl_primitive_attr_destroy(attributes)
                dnnl_post_ops_destroy(postOperations)
            }
            if key.adds { dnnl_post_ops_append_sum(postOperations, 1) }
            dnnl_primitive_attr_set_post_ops(attributes, postOperations)
            dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user)
            var description: dnnl_primitive_desc_t?
            var primitive: dnnl_primitive_t?
            guard
                dnnl_primitive_desc_create(&description, &operation, attributes, engine, nil) == dnnl_success
            else { return nil }
            defer { dnnl_primitive_desc_destroy(description) }
            var name: UnsafePointer<CChar>?
            dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name)
            guard let name, !String(cString: name).hasPrefix("ref"),
                dnnl_primitive_create(&primitive, description) == dnnl_success, let primitive,
                let scratchpad = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0)
            else { return nil }
            self.primitive = primitive
            self.source = OneDNNMemory(source, engine: engine)
            self.weights = OneDNNMemory(weights, engine: engine)
            self.destination = OneDNNMemory(destination, engine: engine)
            self.scratchpad = OneDNNMemory(scratchpad.pointee, engine: engine)
            scratchpadSize = dnnl_memory_desc_get_size(scratchpad)
        }

        deinit { dnnl_primitive_destroy(primitive) }
    }
#endif
