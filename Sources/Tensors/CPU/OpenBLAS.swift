import CKernels
import COpenBLAS

/// Products by OpenBLAS: the path for processors and systems without oneDNN.
enum OpenBLAS {
    /// The pool's threads call OpenBLAS, so its own threads stay out of it.
    static func becomeSingleThreaded() { openblas_set_num_threads(1) }
}

extension CPUBackend {
    /// `x [rows, in]`, `weight [out, in]` -> `out [rows, out]`, split over the threads by rows, or by columns
    /// where rows are few.
    func blasLinear(_ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?, into out: Tensor) {
        let (columns, depth) = (weight.shape[0], weight.shape[1])
        blasProduct(
            BLASProduct(
                rows: x.count / depth, columns: columns, depth: depth, x: x.baseAddress,
                weight: float32(weight).baseAddress, bias: bias.map { float32($0).baseAddress },
                residual: residual?.baseAddress, out: out.baseAddress))
    }

    func blasProduct(_ product: BLASProduct) {
        let parts = configuration.threads
        let byRows = product.rows >= 8 * parts || product.columns < 64 * parts
        let extent = byRows ? product.rows : product.columns
        let step = max(1, (extent + parts - 1) / parts)
        withParallelTasks(count: (extent + step - 1) / step) { task in
            let range = task * step..<min(extent, (task + 1) * step)
            product.compute(
                rows: byRows ? range : 0..<product.rows, columns: byRows ? 0..<product.columns : range)
        }
    }

    /// Unfolds stripes of the image (im2col) and multiplies each by the weights seen as a matrix.
    func blasConvolution(
        _ x: Tensor, weight: Parameter, bias: Parameter?, geometry: ConvolutionGeometry,
        residual: Tensor?, into out: Tensor
    ) {
        let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
        let (outHeight, outWidth, outChannels) = (out.shape[1], out.shape[2], out.shape[3])
        let depth = geometry.kernel * geometry.kernel * channels
        if geometry == ConvolutionGeometry(kernel: 1, paddingBefore: 0, paddingAfter: 0) {
            // Every pixel is a row already.
            return blasLinear(x, weight: weight, bias: bias, residual: residual, into: out)
        }
        let matrix = channelsLastWeights(weight)
        let biasPointer = bias.map { float32($0).baseAddress }
        // Stripes of at most about 8 MB of unfolded pixels, and at least one for each thread.
        let share = (outHeight + configuration.threads - 1) / configuration.threads
        let stripe = max(1, min(share, (2 << 20) / max(1, depth * outWidth)))
        let stripes = (outHeight + stripe - 1) / stripe
        let slots = min(configuration.threads, x.shape[0] * stripes)
        let unfolded = allocate(byteCount: 4 * slots * stripe * outWidth * depth)
        defer { withExtendedLifetime(unfolded) {} }
        let scratch = ScratchSlots(unfolded.pointer, slots: slots)
        withParallelTasks(count: x.shape[0] * stripes) { task in
            let (image, y0) = (task / stripes, task % stripes * stripe)
            let y1 = min(outHeight, y0 + stripe)
            let slot = scratch.take()
            defer { scratch.put(slot) }
            let columns = (scratch.base + 4 * slot * stripe * outWidth * depth)
                .assumingMemoryBound(to: Float.self)
            ck_im2col(
                columns, x.baseAddress + image * height * width * channels, height, width, channels,
                geometry.kernel, geometry.stride, geometry.paddingBefore, outWidth, y0, y1)
            let offset = (image * outHeight + y0) * outWidth * outChannels
            let rows = (y1 - y0) * outWidth
            BLASProduct(
                rows: rows, columns: outChannels, depth: depth, x: columns, weight: matrix.baseAddress,
                bias: biasPointer, residual: residual.map { $0.baseAddress + offset },
                out: out.baseAddress + offset
            ).compute(rows: 0..<rows, columns: 0..<outChannels)
        }
    }

    /// `[out, in, k, k]` -> `[out, k, k, in]`, kept with the parameter.
    func channelsLastWeights(_ weight: Parameter) -> Tensor {
        if let kept = weight.packed as? PreparedTensor { return kept.tensor }
        let (o, i, h, w) = (weight.shape[0], weight.shape[1], weight.shape[2], weight.shape[3])
        let kept = transposed(converted(weight).reshaped([o, i, h * w]))
        weight.packed = PreparedTensor(kept)
        return kept
    }

    func withParallelTasks(count: Int, _ body: (Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            var box = TaskBox(body: body)
            withUnsafeMutablePointer(to: &box) { box in
                ck_parallel(
                    &context, count,
                    { argument, task in
                        argument!.assumingMemoryBound(to: TaskBox.self).pointee.body(task)
                    }, box)
            }
        }
    }
}

private struct TaskBox {
    let body: (Int) -> Void
}

/// `out = x weightᵀ + bias + residual`, all row-major and dense.
struct BLASProduct {
    let rows, columns, depth: Int
    let x: UnsafePointer<Float>
    let weight: UnsafePointer<Float>
    let bias: UnsafePointer<Float>?
    let residual: UnsafePointer<Float>?
    let out: UnsafeMutablePointer<Float>

    func compute(rows range: Range<Int>, columns part: Range<Int>) {
        guard !range.isEmpty, !part.isEmpty else { return }
        let corner = range.lowerBound * columns + part.lowerBound
        ck_bias_rows(
            out + corner, range.count, part.count, columns, bias.map { $0 + part.lowerBound },
            residual.map { $0 + corner })
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, Int32(range.count), Int32(part.count), Int32(depth), 1,
            x + range.lowerBound * depth, Int32(depth), weight + part.lowerBound * depth, Int32(depth), 1,
            out + corner, Int32(columns))
    }
}
