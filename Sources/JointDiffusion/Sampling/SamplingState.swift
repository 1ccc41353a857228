import Crypto
import Foundation
import Tensors

/// Where a walk is between two steps: all that is needed to go on with it, to the same bits.
public struct SamplingState {
    /// Steps done.
    public let step: Int
    /// Noisy latents of the whole set: in `joint` mode those of the references, then those of the targets.
    public let latents: Tensor
    /// What the sampler carries from step to step.
    public let history: [Tensor]

    init(step: Int, latents: Tensor, history: [Tensor]) {
        self.step = step
        self.latents = latents
        self.history = history
    }
}

/// Why kept bytes are no state to go on from.
public enum SamplingStateError: Error, Equatable, CustomStringConvertible {
    /// They are not whole, or not of this form.
    case damaged
    /// They belong to another request, other references or another model.
    case foreign

    public var description: String {
        switch self {
        case .damaged: "the kept state of the picture is damaged"
        case .foreign: "the kept state belongs to another picture, or was made with other settings"
        }
    }
}

extension SamplingState {
    // "JEDISTEP", version, identity (32 bytes), step, number of tensors, for each its rank, its extents and its
    // elements; at the end the SHA-256 of all that. Numbers are 4 bytes, least significant first.
    private static let magic = Array("JEDISTEP".utf8)
    private static let version: UInt32 = 1
    private static let hashLength = 32

    /// The state as bytes that only fit `identity`: a SHA-256 over whatever decides the picture.
    public func bytes(identity: [UInt8]) -> [UInt8] {
        precondition(identity.count == Self.hashLength)
        var bytes = Self.magic
        bytes.append(Self.version)
        bytes += identity
        bytes.append(UInt32(step))
        let tensors = [latents] + history
        bytes.append(UInt32(tensors.count))
        for tensor in tensors {
            bytes.append(UInt32(tensor.shape.rank))
            for extent in tensor.shape.dimensions { bytes.append(UInt32(extent)) }
            bytes += UnsafeRawBufferPointer(tensor.floats)
        }
        return bytes + SHA256.hash(data: bytes)
    }

    /// The state behind bytes that were made for `identity`.
    public init(_ bytes: [UInt8], identity: [UInt8], on backend: any Backend) throws(SamplingStateError) {
        let head = Self.magic.count + 4 + Self.hashLength
        guard bytes.count >= head + Self.hashLength, bytes.starts(with: Self.magic) else { throw .damaged }
        let body = bytes.dropLast(Self.hashLength)
        guard SHA256.hash(data: body).elementsEqual(bytes.suffix(Self.hashLength)) else { throw .damaged }
        var reader = Reader(body.dropFirst(Self.magic.count))
        guard try reader.number() == Self.version else { throw .foreign }
        guard try reader.take(Self.hashLength).elementsEqual(identity) else { throw .foreign }
        step = Int(try reader.number())
        var tensors: [Tensor] = []
        for _ in 0..<(try reader.number()) { tensors.append(try reader.tensor(on: backend)) }
        guard reader.isAtEnd, let first = tensors.first else { throw .damaged }
        latents = first
        history = Array(tensors.dropFirst())
    }

    /// Takes the parts from the front, none of them trusted.
    private struct Reader {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ count: Int) throws(SamplingStateError) -> ArraySlice<UInt8> {
            guard count <= rest.count else { throw .damaged }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }

        mutating func number() throws(SamplingStateError) -> UInt32 {
            try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }

        mutating func tensor(on backend: any Backend) throws(SamplingStateError) -> Tensor {
            var extents: [Int] = []
            var count = 1
            for _ in 0..<min(try number(), 9) {
                extents.append(Int(try number()))
                let (product, overflow) = count.multipliedReportingOverflow(by: extents[extents.count - 1])
                guard !overflow, product <= rest.count / 4 else { throw .damaged }
                count = product
            }
            let bytes = try take(count * 4)
            let tensor = Tensor(uninitialized: Shape(extents), on: backend)
            bytes.withUnsafeBytes { bytes in
                for index in 0..<count {
                    let bits = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
                    tensor.floats[index] = Float(bitPattern: UInt32(littleEndian: bits))
                }
            }
            return tensor
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ number: UInt32) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
