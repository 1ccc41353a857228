#if canImport(COneDNN)
    import COneDNN

    /// A compiled convolution or product with its memory layouts.
    final class OneDNNPrimitive {
        let primitive: dnnl_primitive_t
        let source: OneDNNMemory
        let destination: OneDNNMemory
        let scratchpad: OneDNNMemory
        let bias: OneDNNMemory?
        let residual: OneDNNMemory?
        /// The layout the kernel wants its weights in, and the layout the checkpoint has them in.
        let weightLayout: dnnl_memory_desc_t
        let plainWeightLayout: dnnl_memory_desc_t
        let scratchpadSize: Int
        /// Of the source and the weights.
        let precision: Precision
        /// oneDNN's name for the code that runs.
        let implementation: String

        /// Compiles `operation`, an operation descriptor of oneDNN; nil if there is no implementation.
        /// - Parameter adds: whether the result is added to what is there.
        init?(
            operation: UnsafeMutableRawPointer, plainWeightLayout: dnnl_memory_desc_t,
            source: dnnl_memory_desc_t, destination: dnnl_memory_desc_t, bias: dnnl_memory_desc_t?,
            residual: dnnl_memory_desc_t?, activation: Activation?, adds: Bool = false, precision: Precision,
            engine: dnnl_engine_t
        ) {
            self.precision = precision
            var attributes: dnnl_primitive_attr_t?
            var postOperations: dnnl_post_ops_t?
            dnnl_primitive_attr_create(&attributes)
            dnnl_post_ops_create(&postOperations)
            defer {
                dnnl_primitive_attr_destroy(attributes)
                dnnl_post_ops_destroy(postOperations)
            }
            if adds { dnnl_post_ops_append_sum(postOperations, 1) }
            if var residual { dnnl_post_ops_append_binary(postOperations, dnnl_binary_add, &residual) }
            switch activation {
            case nil: break
            case .relu: dnnl_post_ops_append_eltwise(postOperations, 1, dnnl_eltwise_relu, 0, 0)
            case .silu: dnnl_post_ops_append_eltwise(postOperations, 1, dnnl_eltwise_swish, 1, 0)
            case .gelu: dnnl_post_ops_append_eltwise(postOperations, 1, dnnl_eltwise_gelu_erf, 0, 0)
            case .quickGELU:
                dnnl_post_ops_append_eltwise(postOperations, 1, dnnl_eltwise_swish, 1.702, 0)
            case .tanh: dnnl_post_ops_append_eltwise(postOperations, 1, dnnl_eltwise_tanh, 0, 0)
            }
            dnnl_primitive_attr_set_post_ops(attributes, postOperations)
            dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user)

            var description: dnnl_primitive_desc_t?
            var primitive: dnnl_primitive_t?
            guard
                dnnl_primitive_desc_create(&description, operation, attributes, engine, nil) == dnnl_success
            else { return nil }
            defer { dnnl_primitive_desc_destroy(description) }
            var implementation: UnsafePointer<CChar>?
            dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &implementation)
            guard dnnl_primitive_create(&primitive, description) == dnnl_success, let primitive,
                let weights = dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0),
                let scratchpad = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0)
            else { return nil }
            self.implementation = implementation.map { String(cString: $0) } ?? ""
            self.primitive = primitive
            self.source = OneDNNMemory(source, engine: engine)
            self.destination = OneDNNMemory(destination, engine: engine)
            self.bias = bias.map { OneDNNMemory($0, engine: engine) }
            self.residual = residual.map { OneDNNMemory($0, engine: engine) }
            self.scratchpad = OneDNNMemory(scratchpad.pointee, engine: engine)
            self.weightLayout = weights.pointee
            self.plainWeightLayout = plainWeightLayout
            self.scratchpadSize = dnnl_memory_desc_get_size(scratchpad)
        }

        /// Whether these are the plain loops that oneDNN tests its other implementations with.
        var isReference: Bool { implementation.hasPrefix("ref") }

        /// Whether this is a convolution that unfolds the image, as `blasConvolution` does. That of oneDNN 2.6
        /// does not add the residual.
        var isUnfolding: Bool { implementation.contains("gemm") }

        deinit { dnnl_primitive_destroy(primitive) }
    }
#endif
