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
                let identity = SegmentIdentity(
                    keys: entry.keys.baseAddress, values: entry.values.baseAddress,
                    tokens: entry.keys.shape[0])
                let index = indices[identity] ?? segments.count
                if index == segments.count {
                    indices[identity] = index
                    entries.append(entry)
                    segments.append(
                        ck_segment(keys: identity.keys, values: identity.values, tokens: identity.tokens))
                }
                members.append(index)
            }
            first.append(members.count)
        }
    }
}

/// What makes two entries of an attention the same segment: tensors may share memory and yet differ.
private struct SegmentIdentity: Hashable {
    let keys: UnsafeMutablePointer<Float>
    let values: UnsafeMutablePointer<Float>
    let tokens: Int
}
