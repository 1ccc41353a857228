import Glibc

extension String {
    /// Whether its bytes come before the other's: an order that is the same on every machine.
    func precedes(_ other: String) -> Bool { Self.compareBytes(self, other) < 0 }

    /// Below nought where the first's bytes come first, nought where they are the same.
    static func compareBytes(_ one: String, _ other: String) -> Int {
        let order = one.utf8.withContiguousStorageIfAvailable { one in
            other.utf8.withContiguousStorageIfAvailable { other in
                let shared = Swift.min(one.count, other.count)
                let order = shared == 0 ? 0 : Int(memcmp(one.baseAddress!, other.baseAddress!, shared))
                return order == 0 ? one.count - other.count : order
            }
        }
        if case .some(.some(let order)) = order { return order }
        return one.utf8.elementsEqual(other.utf8)
            ? 0 : one.utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
    }
}
