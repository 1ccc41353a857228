#if canImport(COneDNN)
    import COneDNN

    /// A layout and, while something runs, where its bytes are.
    final class OneDNNMemory {
        var layout: dnnl_memory_desc_t
        let memory: dnnl_memory_t

        init(_ layout: dnnl_memory_desc_t, engine: dnnl_engine_t) {
            self.layout = layout
            var memory: dnnl_memory_t?
            // A null handle: no buffer yet.
            let status = dnnl_memory_create(&memory, &self.layout, engine, nil)
            guard status == dnnl_success, let memory else {
                fatalError("oneDNN could not describe memory (status \(status.rawValue))")
            }
            self.memory = memory
        }

        deinit { dnnl_memory_destroy(memory) }

        func point(at pointer: UnsafeMutableRawPointer) {
            dnnl_memory_set_data_handle(memory, pointer)
        }

        func hasLayout(_ other: dnnl_memory_desc_t) -> Bool {
            var other = other
            return dnnl_memory_desc_equal(&layout, &other) != 0
        }

        static func layout(
            _ dimensions: [Int], _ tag: dnnl_format_tag_t, _ type: dnnl_data_type_t = dnnl_f32
        ) -> dnnl_memory_desc_t? {
            var layout = dnnl_memory_desc_t()
            let extents = dimensions.map(Int64.init) + Array(repeating: 0, count: 12 - dimensions.count)
            let status = dnnl_memory_desc_init_by_tag(
                &layout, Int32(dimensions.count), extents, type, tag)
            return status == dnnl_success ? layout : nil
        }
    }

    extension Precision {
        /// Of both factors of a product.
        var factors: dnnl_data_type_t {
            switch self {
            case .float32: dnnl_f32
            case .bfloat16: dnnl_bf16
            case .int8: dnnl_s8
            }
        }

        /// Of what a product comes to.
        var sums: dnnl_data_type_t { self == .int8 ? dnnl_s32 : dnnl_f32 }

        /// Of weights before they are packed: oneDNN rounds to bfloat16 itself, and is given integers.
        var plainWeights: dnnl_data_type_t { self == .int8 ? dnnl_s8 : dnnl_f32 }
    }

    /// A parameter in the layout that oneDNN's kernels read.
    final class OneDNNPackedWeight {
        let memory: OneDNNMemory
        /// Holds the oneDNN engine that `memory` belongs to.
        let owner: OneDNNEngine
        let storage: Storage

        init(_ layout: dnnl_memory_desc_t, storage allocate: (Int) -> Storage, owner: OneDNNEngine) {
            self.owner = owner
            memory = OneDNNMemory(layout, engine: owner.engine)
            storage = allocate(dnnl_memory_desc_get_size(&memory.layout))
            memory.point(at: storage.pointer)
        }
    }
#endif
