/// The extents of a tensor, outermost first; storage is always contiguous in this order.
public struct Shape: Sendable, Hashable {
    public let dimensions: [Int]

    public init(_ dimensions: [Int]) {
        precondition(dimensions.allSatisfy { $0 >= 0 }, "negative extent in \(dimensions)")
        self.dimensions = dimensions
    }

    public var rank: Int { dimensions.count }

    /// Number of elements; 1 for a scalar (rank 0).
    public var count: Int { dimensions.reduce(1, *) }

    /// Extent `index`; negative indices count from the innermost dimension.
    public subscript(index: Int) -> Int {
        dimensions[index < 0 ? dimensions.count + index : index]
    }

    /// The same shape with its innermost extent replaced.
    public func replacingLast(with extent: Int) -> Shape {
        Shape(Array(dimensions.dropLast()) + [extent])
    }
}

extension Shape: ExpressibleByArrayLiteral, CustomStringConvertible {
    public init(arrayLiteral elements: Int...) {
        self.init(elements)
    }

    public var description: String {
        "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
    }
}
