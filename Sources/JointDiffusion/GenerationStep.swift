import Crypto
import Foundation
import Tensors

/// What a step of a generation leaves.
public struct GenerationStep {
    /// How far the generation is.
    public let progress: GenerationProgress
    /// From here the walk can be gone on with: the step just done, or one a little before it.
    public let state: SamplingState
    /// How far that is.
    public let stateProgress: GenerationProgress
    private let makeCleanLatents: () -> Tensor

    init(
        progress: GenerationProgress, state: SamplingState, stateProgress: GenerationProgress,
        cleanLatents: @escaping () -> Tensor
    ) {
        self.progress = progress
        self.state = state
        self.stateProgress = stateProgress
        makeCleanLatents = cleanLatents
    }

    /// The targets as the network sees them from here, without the noise that is left: `[T, h, w, c]`, made when
    /// asked for.
    public var cleanLatents: Tensor { makeCleanLatents() }
}

extension Pipeline {
    /// A SHA-256 over whatever decides the bits of a walk, for `SamplingState`.
    ///
    /// - Parameter context: what the pipeline does not know: the weights' hash, the program's version, how the
    ///   processor is used.
    public func identity(
        of request: GenerationRequest, references: [Reference], start: PictureStart? = nil, context: String
    ) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var hash = SHA256()
        for part in [Data(context.utf8), try encoder.encode(request)] {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: part)
        }
        for reference in references {
            withUnsafeBytes(of: reference.noiseSeed.littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(bufferPointer: UnsafeRawBufferPointer(reference.latent.floats))
        }
        for tensor in [start?.latent, start?.area?.mask, start?.area?.known] {
            if let tensor { hash.update(bufferPointer: UnsafeRawBufferPointer(tensor.floats)) }
        }
        return Array(hash.finalize())
    }
}
