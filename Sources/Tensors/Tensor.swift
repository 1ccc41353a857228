/// A contiguous array of numbers with a shape, on a backend.
///
/// Images are NHWC: `[images, height, width, channels]`; token sequences are the same memory seen as
/// `[images, tokens, channels]`. A tensor is written once, by the operation that makes it. Tensors are
/// confined to the thread of their backend and therefore not `Sendable`; plain arrays cross threads.
public struct Tensor {
    public let shape: Shape
    public let elementType: ElementType
    public let backend: any Backend
    public let storage: Storage
    /// Where this tensor starts in `storage`, in bytes.
    public let byteOffset: Int

    public init(
        shape: Shape, elementType: ElementType = .float32, storage: Storage, byteOffset: Int = 0,
        backend: any Backend
    ) {
        precondition(
            byteOffset >= 0 && byteOffset + shape.count * elementType.size <= storage.byteCount,
            "tensor \(shape) does not fit its storage")
        self.shape = shape
        self.elementType = elementType
        self.storage = storage
        self.byteOffset = byteOffset
        self.backend = backend
    }

    /// A tensor with unspecified contents, for an operation to fill.
    public init(
        uninitialized shape: Shape, elementType: ElementType = .float32, on backend: any Backend
    ) {
        let storage = backend.allocate(byteCount: shape.count * elementType.size)
        self.init(shape: shape, elementType: elementType, storage: storage, backend: backend)
    }

    /// A float32 tensor with the given elements, outermost dimension first.
    public init(_ elements: [Float], shape: Shape, on backend: any Backend) {
        precondition(elements.count == shape.count, "\(elements.count) elements for shape \(shape)")
        self.init(uninitialized: shape, on: backend)
        elements.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { rawPointer.copyMemory(from: base, byteCount: bytes.count) }
        }
    }

    public init(zeros shape: Shape, on backend: any Backend) {
        self.init(repeating: 0, shape: shape, on: backend)
    }

    public init(repeating value: Float, shape: Shape, on backend: any Backend) {
        self.init(uninitialized: shape, on: backend)
        floats.update(repeating: value)
    }

    public var count: Int { shape.count }

    /// The first byte.
    public var rawPointer: UnsafeMutableRawPointer { storage.pointer + byteOffset }

    /// The elements of a float32 tensor, valid while the tensor lives.
    public var floats: UnsafeMutableBufferPointer<Float> {
        precondition(elementType == .float32, "elements are \(elementType.rawValue), not F32")
        return UnsafeMutableBufferPointer(
            start: rawPointer.assumingMemoryBound(to: Float.self), count: count)
    }

    /// A copy of the elements of a float32 or bfloat16 tensor.
    public var elements: [Float] {
        guard elementType == .bfloat16 else { return Array(floats) }
        return UnsafeBufferPointer(start: rawPointer.assumingMemoryBound(to: UInt16.self), count: count)
            .map { Float(bitPattern: UInt32($0) << 16) }
    }

    /// Whether no element is infinite or NaN.
    public var isFinite: Bool {
        let bytes = UnsafeRawBufferPointer(start: rawPointer, count: count * elementType.size)
        func lacks<Bits: FixedWidthInteger>(_ exponent: Bits) -> Bool {
            stride(from: 0, to: bytes.count, by: elementType.size).allSatisfy {
                bytes.loadUnaligned(fromByteOffset: $0, as: Bits.self) & exponent != exponent
            }
        }
        return switch elementType {
        case .float32: lacks(0x7F80_0000 as UInt32)
        case .float16: lacks(0x7C00 as UInt16)
        case .bfloat16: lacks(0x7F80 as UInt16)
        }
    }

    /// The same elements under another shape of equal count.
    public func reshaped(_ shape: Shape) -> Tensor {
        precondition(shape.count == count, "cannot see \(self.shape) as \(shape)")
        return Tensor(
            shape: shape, elementType: elementType, storage: storage, byteOffset: byteOffset,
            backend: backend)
    }

    /// Rows `range` of the outermost dimension, sharing memory.
    public subscript(rows range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= shape[0], "rows \(range) of \(shape)")
        let rowBytes = shape.dimensions.dropFirst().reduce(1, *) * elementType.size
        return Tensor(
            shape: Shape([range.count] + shape.dimensions.dropFirst()), elementType: elementType,
            storage: storage, byteOffset: byteOffset + range.lowerBound * rowBytes, backend: backend)
    }
}
