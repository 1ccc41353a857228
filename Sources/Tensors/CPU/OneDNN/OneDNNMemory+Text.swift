#if canImport(COneDNN)
    import COneDNN

    extension OneDNNMemory {
        /// The layout in words, for those that are an order of blocks; nil for the others, whose form is oneDNN's secret.
        static func text(of layout: dnnl_memory_desc_t) -> String? {
            guard layout.format_kind == dnnl_blocked else { return nil }
            let rank = Int(layout.ndims)
            let blocking = layout.format_desc.blocking
            let blocks = Int(blocking.inner_nblks)
            let extra = layout.extra
            func numbers<Numbers>(_ tuple: Numbers, _ count: Int) -> String {
                withUnsafeBytes(of: tuple) {
                    $0.bindMemory(to: Int64.self).prefix(count).map(String.init).joined(separator: ",")
                }
            }
            guard let version = dnnl_version()?.pointee else { return nil }
            return [
                "oneDNN \(version.major).\(version.minor).\(version.patch)",
                "type \(layout.data_type.rawValue)", "extents \(numbers(layout.dims, rank))",
                "padded \(numbers(layout.padded_dims, rank))",
                "from \(numbers(layout.padded_offsets, rank)),\(layout.offset0)",
                "strides \(numbers(blocking.strides, rank))",
                "blocks \(numbers(blocking.inner_blks, blocks)) of \(numbers(blocking.inner_idxs, blocks))",
                "extra \(extra.flags) \(extra.compensation_mask) \(extra.scale_adjust)"
                    + " \(extra.asymm_compensation_mask)",
            ].joined(separator: "; ")
        }
    }
#endif
