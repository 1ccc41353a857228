import CKernels
import COpenBLAS

/// The backward half of convolution: by oneDNN, or by products over the unfolded image.
extension CPUBackend {
    /// `gradient [N, H', W', out]` -> the gradient of the input, of the given shape `[N, H, W, in]`.
    func convolutionInputGradient(
        _ gradient: Tensor, weight: Parameter, geometry: ConvolutionGeometry, shape: Shape
    ) -> Tensor {
        if geometry.isPointwise {
            return linearInputGradient(gradient, weight: weight.asMatrix, shape: shape)
        }
        if isRounded(weight) {
            return convolutionInputGradient(
                roundedValues(gradient), weight: roundedValues(weight), geometry: geometry, shape: shape)
        }
        let out = Tensor(uninitialized: shape, on: self)
        #if canImport(COneDNN)
            if let oneDNN,
                oneDNN.convolutionInputGradient(
                    gradient, weight: weight, geometry: geometry, into: out, backend: self)
            {
                return out
            }
        #endif
        unfoldedInputGradient(gradient, weight: weight, geometry: geometry, into: out)
        return out
    }

    /// `target [out, in, k, k] (+)=` the gradient of the weights.
    func convolutionWeightGradient(
        _ x: Tensor, _ gradient: Tensor, weight: Parameter, geometry: ConvolutionGeometry,
        into target: Tensor, adds: Bool
    ) {
        if geometry.isPointwise {
            return linearWeightGradient(x, gradient, weight: weight.asMatrix, into: target, adds: adds)
        }
        if isRounded(weight) {
            return convolutionWeightGradient(
                roundedValues(x), roundedValues(gradient), weight: roundedValues(weight), geometry: geometry,
                into: target, adds: adds)
        }
        #if canImport(COneDNN)
            if let oneDNN,
                oneDNN.convolutionWeightGradient(
                    x, gradient, weight: weight, geometry: geometry, into: target, adds: adds, backend: self)
            {
                return
            }
        #endif
        unfoldedWeightGradient(x, gradient, weight: weight, geometry: geometry, into: target, adds: adds)
    }

    /// Products give the gradients of an image's unfolded pixels, which are then folded; one image a task.
    private func unfoldedInputGradient(
        _ gradient: Tensor, weight: Parameter, geometry: ConvolutionGeometry, into out: Tensor
    ) {
        let (height, width, channels) = (out.shape[1], out.shape[2], out.shape[3])
        let (outHeight, outWidth, outChannels) = (gradient.shape[1], gradient.shape[2], gradient.shape[3])
        let depth = geometry.kernel * geometry.kernel * channels
        let matrix = channelsLastWeights(weight)
        let stripe = max(1, min(outHeight, (1 << 20) / max(1, depth * outWidth)))
        let slots = min(configuration.threads, out.shape[0])
        let unfolded = allocate(byteCount: 4 * slots * stripe * outWidth * depth)
        defer { withExtendedLifetime(unfolded) {} }
        let scratch = ScratchSlots(unfolded.pointer, slots: slots)
        withParallelTasks(count: out.shape[0]) { image in
            let slot = scratch.take()
            defer { scratch.put(slot) }
            let columns = (scratch.base + 4 * slot * stripe * outWidth * depth)
                .assumingMemoryBound(to: Float.self)
            let size = height * width * channels
            let to = out.baseAddress + image * size
            to.update(repeating: 0, count: size)
            for y0 in stride(from: 0, to: outHeight, by: stripe) {
                let y1 = min(outHeight, y0 + stripe)
                let from = gradient.baseAddress + (image * outHeight + y0) * outWidth * outChannels
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32((y1 - y0) * outWidth), Int32(depth),
                    Int32(outChannels), 1, from, Int32(outChannels), matrix.baseAddress, Int32(depth), 0,
                    columns, Int32(depth))
                ck_col2im(
                    to, columns, height, width, channels, geometry.kernel, geometry.stride,
                    geometry.paddingBefore, outWidth, y0, y1)
            }
        }
    }

    /// The gradient's transpose times the unfolded pixels, a stripe at a time.
    private func unfoldedWeightGradient(
        _ x: Tensor, _ gradient: Tensor, weight: Parameter, geometry: ConvolutionGeometry,
        into target: Tensor, adds: Bool
    ) {
        let (images, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        let (outHeight, outWidth, outChannels) = (gradient.shape[1], gradient.shape[2], gradient.shape[3])
        let (kernel, depth) = (geometry.kernel, geometry.kernel * geometry.kernel * channels)
        let stripe = max(1, min(outHeight, (1 << 20) / max(1, depth * outWidth)))
        let unfolded = Tensor(uninitialized: [stripe * outWidth, depth], on: self)
        let sum = Tensor(uninitialized: [outChannels, kernel * kernel, channels], on: self)
        var isFirst = true
        for image in 0..<images {
            let from = x.baseAddress + image * height * width * channels
            for y0 in stride(from: 0, to: outHeight, by: stripe) {
                let rows = min(outHeight, y0 + stripe) - y0
                withParallelTasks(count: rows) { row in
                    ck_im2col(
                        unfolded.baseAddress + row * outWidth * depth, from, height, width, channels, kernel,
                        geometry.stride, geometry.paddingBefore, outWidth, y0 + row, y0 + row + 1)
                }
                let part = gradient.baseAddress + (image * outHeight + y0) * outWidth * outChannels
                multiply(
                    Factor(pointer: part, isTransposed: true), Factor(pointer: unfolded.baseAddress),
                    rows: outChannels, columns: depth, depth: rows * outWidth, into: sum.baseAddress,
                    adds: !isFirst)
                isFirst = false
            }
        }
        // [out, k, k, in] -> [out, in, k, k]
        accumulate([(1, transposed(sum).reshaped(target.shape))], into: target, adds: adds)
    }
}

extension ConvolutionGeometry {
    /// Whether every pixel is a row of a product.
    var isPointwise: Bool { self == ConvolutionGeometry(kernel: 1, paddingBefore: 0, paddingAfter: 0) }
}

extension Parameter {
    /// Weights `[out, in, 1, 1]` as `[out, in]`.
    fileprivate var asMatrix: Parameter {
        shape.rank == 2 ? self : seen(as: value.reshaped([shape[0], shape[1]]))
    }
}
