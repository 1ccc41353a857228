import CKernels

/// Convolutions of 3x3 by minimal filtering of tiles (Winograd 1980; Lavin and Gray 2016): a half or a quarter of the
/// multiplications, in float32 with errors of the same size, and of 16-bit integers in reduced precisions.
public enum Winograd {
    /// For more images weights do not grow: they would take more memory than the time is worth.
    public static let mostImages = 4

    /// Outputs along a tile's side, or nil if the convolution is better computed directly.
    ///
    /// The weights grow and are read but once, so a pass needs pixels enough to be worth them.
    /// - Parameters:
    ///   - pixels: of an image.
    ///   - images: of a set that passes together; not those of this very pass, so that a weight keeps its form.
    public static func tile(pixels: Int, images: Int) -> Int? {
        let all = pixels * min(images, mostImages)
        return all >= 2048 ? 4 : all >= 640 ? 2 : nil
    }
}

extension CPUBackend {
    /// Outputs along a tile's side and what is multiplied, or nil if this convolution is computed directly.
    func winogradTile(_ x: Tensor, weight: Parameter, geometry: ConvolutionGeometry) -> (
        side: Int, factors: ck_weights
    )? {
        guard let side = Winograd.tile(pixels: x.shape[1] * x.shape[2], images: imagesPerPass),
            geometry == ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1),
            weight.shape[0].isMultiple(of: 16), weight.shape[1].isMultiple(of: 16),
            let factors = configuration.winogradFactors(bearing: weight.coarsest, side: side)
        else { return nil }
        return (side, factors)
    }

    /// `x [N, H, W, in]`, floats or bfloat16, and `weight [out, in, 3, 3]` -> `[N, H, W, out]`, plus bias and residual.
    ///
    /// In reduced precisions weights are rounded in this form, to 16 bits: with 8 they would not bear it.
    func winogradConvolution(
        _ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?, tile: Int, _ type: ck_weights
    ) -> Tensor {
        let out = Tensor(uninitialized: x.shape.replacingLast(with: weight.shape[0]), on: self)
        var shape = ck_convolution(
            images: x.shape[0], height: x.shape[1], width: x.shape[2], channels: x.shape[3],
            outputs: weight.shape[0], kernel: 3, stride: 1, padding: 1, out_height: x.shape[1],
            out_width: x.shape[2])
        let packed = winogradWeights(weight, &shape, tile: tile, type)
        let workspace = allocate(
            byteCount: ck_winograd_workspace(&shape, tile) * ElementType.float32.size)
        withExtendedLifetime((packed, workspace)) {
            ck_winograd(
                &context, out.baseAddress, &shape, tile, x.rawPointer, x.elementType == .bfloat16,
                packed.storage.pointer, type, bias.map { float32($0).baseAddress }, residual?.baseAddress,
                workspace.pointer.assumingMemoryBound(to: Float.self))
        }
        return out
    }

    /// The weights at the points of tiles, kept with the parameter and, where packed weights are, on the disk.
    private func winogradWeights(
        _ weight: Parameter, _ shape: inout ck_convolution, tile: Int, _ type: ck_weights
    ) -> WinogradWeights {
        if let kept = weight.packed as? WinogradWeights, kept.tile == tile, kept.type == type { return kept }
        weight.packed = nil
        let storage = storage(
            of: weight, layout: "\(type.size) bytes at tiles of \(tile) x \(tile) in panels of 16",
            byteCount: ck_winograd_packed_size(&shape, tile, type)
        ) { pointer in
            let workspace = allocate(
                byteCount: ck_winograd_pack_workspace(&context, &shape, tile, type)
                    * ElementType.float32.size)
            withExtendedLifetime(workspace) {
                ck_winograd_pack(
                    &context, pointer, type, &shape, tile, converted(weight).baseAddress,
                    workspace.pointer.assumingMemoryBound(to: Float.self))
            }
        }
        let packed = WinogradWeights(tile: tile, type: type, storage: storage)
        weight.packed = packed
        weight.discardPages()
        return packed
    }
}

/// A parameter at the points of tiles.
private final class WinogradWeights {
    let tile: Int
    let type: ck_weights
    let storage: Storage

    init(tile: Int, type: ck_weights, storage: Storage) {
        self.tile = tile
        self.type = type
        self.storage = storage
    }
}
