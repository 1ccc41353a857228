import CKernels

/// Which keys and values each image attends to, each segment named once however many images see it.
struct AttentionSequences {
    /// Distinct segments.
    private(set) var entries: [KeysValues] = []
    private(set) var segments: [ck_segment] = []
    /// Image `i` sees `members[first[i]..<first[i + 1]]`.
    private(set) var first = [0]
    private(set) var members: [Int] = []

    init(_ keysValues: [[KeysValues]]) {
        var indices: [SegmentIdentity: Int] = [:]
        for image in keysValues {
            for entry in image {
                let type = entry.keys.elementType
                precondition(
                    type == entry.values.elementType && type != .float16,
                    "keys and values are \(type.rawValue)")
                let identity = SegmentIdentity(
                    keys: entry.keys.rawPointer, values: entry.values.rawPointer,
                    tokens: entry.keys.shape[0], isNarrow: type == .bfloat16)
                let index = indices[identity] ?? segments.count
                if index == segments.count {
                    indices[identity] = index
                    entries.append(entry)
                    segments.append(
                        ck_segment(
                            keys: identity.keys, values: identity.values, tokens: identity.tokens,
                            bfloat16: identity.isNarrow))
                }
                members.append(index)
            }
            first.append(members.count)
        }
    }
}

/// What makes two entries of an attention the same segment: tensors may share memory and yet differ.
private struct SegmentIdentity: Hashable {
    let keys: UnsafeMutableRawPointer
    let values: UnsafeMutableRawPointer
    let tokens: Int
    let isNarrow: Bool
}
