#if canImport(COneDNN)
    import CKernels
    import COneDNN

    /// A compiled backward convolution: the gradient of the input, or that of the weights.
    final class OneDNNConvolutionGradient {
        enum Kind: Hashable { case input, weights }

        let primitive: dnnl_primitive_t
        /// NHWC: the input or its gradient, and the output's gradient.
        let source, destination: OneDNNMemory
        /// Of what goes in; what comes out is float32.
        let precision: Precision
        let scratchpad: OneDNNMemory
        let scratchpadSize: Int
        /// The layout of the weights, or of their gradient, and the checkpoint's.
        let weightLayout: dnnl_memory_desc_t
        let plainWeightLayout: dnnl_memory_desc_t

        /// Nil if oneDNN has no implementation but the plain loops that it tests others with.
        init?(_ key: OneDNNKey, kind: Kind, out: Shape, engine: dnnl_engine_t) {
            guard let geometry = key.geometry else { return nil }
            let logical = { (shape: Shape) in [shape[0], shape[3], shape[1], shape[2]] }
            guard
                var source = OneDNNMemory.layout(
                    logical(key.source), dnnl_nhwc, kind == .input ? dnnl_f32 : key.precision.factors),
                var destination = OneDNNMemory.layout(logical(out), dnnl_nhwc, key.precision.factors),
                let plain = OneDNNMemory.layout(key.weight.dimensions, dnnl_oihw),
                var weights = OneDNNMemory.layout(
                    key.weight.dimensions, dnnl_format_tag_any,
                    kind == .input ? key.precision.factors : dnnl_f32)
            else { return nil }
            let pair = { (n: Int) in [Int64(n), Int64(n)] }
            let (stride, before, after) = (
                pair(geometry.stride), pair(geometry.paddingBefore), pair(geometry.paddingAfter)
            )
            var operation = dnnl_convolution_desc_t()
            let status =
                switch kind {
                case .input:
                    dnnl_convolution_backward_data_desc_init(
                        &operation, dnnl_convolution_direct, &source, &weights, &destination, stride, before,
                        after)
                case .weights:
                    dnnl_convolution_backward_weights_desc_init(
                        &operation, dnnl_convolution_direct, &source, &weights, nil, &destination, stride,
                        before, after)
                }
            guard status == dnnl_success else { return nil }

            var attributes: dnnl_primitive_attr_t?
            dnnl_primitive_attr_create(&attributes)
            dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user)
            defer { dnnl_primitive_attr_destroy(attributes) }
            var description: dnnl_primitive_desc_t?
            var primitive: dnnl_primitive_t?
            guard
                dnnl_primitive_desc_create(&description, &operation, attributes, engine, nil) == dnnl_success
            else { return nil }
            defer { dnnl_primitive_desc_destroy(description) }
            var name: UnsafePointer<CChar>?
            dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name)
            let query = kind == .input ? dnnl_query_weights_md : dnnl_query_diff_weights_md
            guard let name, !String(cString: name).hasPrefix("ref"),
                dnnl_primitive_create(&primitive, description) == dnnl_success, let primitive,
                let layout = dnnl_primitive_desc_query_md(description, query, 0),
                let scratchpad = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0)
            else { return nil }
            self.primitive = primitive
            precision = key.precision
            self.source = OneDNNMemory(source, engine: engine)
            self.destination = OneDNNMemory(destination, engine: engine)
            self.scratchpad = OneDNNMemory(scratchpad.pointee, engine: engine)
            scratchpadSize = dnnl_memory_desc_get_size(scratchpad)
            weightLayout = layout.pointee
            plainWeightLayout = plain
        }

        deinit { dnnl_primitive_destroy(primitive) }
    }

    /// Moves an array from one layout to another, or adds it to what is there.
    final class OneDNNReorder {
        let primitive: dnnl_primitive_t
        let source, destination: OneDNNMemory

        init?(from: dnnl_memory_desc_t, to: dnnl_memory_desc_t, adds: Bool, engine: dnnl_engine_t) {
            source = OneDNNMemory(from, engine: engine)
            destination = OneDNNMemory(to, engine: engine)
            var attributes: dnnl_primitive_attr_t?
            var operations: dnnl_post_ops_t?
            dnnl_primitive_attr_create(&attributes)
            dnnl_post_ops_create(&operations)
            defer {
                dnnl_primitive_attr_destroy(attributes)
                dnnl_post_ops_destroy(operations)
            }
            if adds { dnnl_post_ops_append_sum(operations, 1) }
            dnnl_primitive_attr_set_post_ops(attributes, operations)
            var description: dnnl_primitive_desc_t?
            var primitive: dnnl_primitive_t?
            guard
                dnnl_reorder_primitive_desc_create(
                    &description, &source.layout, engine, &destination.layout, engine, attributes)
                    == dnnl_success
            else { return nil }
            defer { dnnl_primitive_desc_destroy(description) }
            guard dnnl_primitive_create(&primitive, description) == dnnl_success, let primitive else {
                return nil
            }
            self.primitive = primitive
        }

        deinit { dnnl_primitive_destroy(primitive) }
    }
#endif
