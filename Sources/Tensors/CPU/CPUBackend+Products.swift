import CKernels
import COpenBLAS

#if canImport(COneDNN)
    import COneDNN
#endif

/// Dense products as training needs them: weights change with every step, so nothing is packed or kept.
extension CPUBackend {
    /// A row-major matrix, or its transpose.
    struct Factor {
        let pointer: UnsafePointer<Float>
        var isTransposed = false
    }

    /// `out [rows, columns] (+)= a [rows, depth] b [depth, columns]`, all dense.
    func multiply(
        _ a: Factor, _ b: Factor, rows: Int, columns: Int, depth: Int, into out: UnsafeMutablePointer<Float>,
        adds: Bool
    ) {
        let (aRow, bRow) = (a.isTransposed ? rows : depth, b.isTransposed ? depth : columns)
        #if canImport(COneDNN)
            if oneDNN != nil {
                ck_limit_threads(context.threads)
                let letter = { (factor: Factor) in CChar(factor.isTransposed ? 84 : 78) }  // T, N
                let status = dnnl_sgemm(
                    letter(a), letter(b), Int64(rows), Int64(columns), Int64(depth), 1, a.pointer,
                    Int64(aRow), b.pointer, Int64(bRow), adds ? 1 : 0, out, Int64(columns))
                precondition(
                    status == dnnl_success, "oneDNN's product failed with status \(status.rawValue)")
                return
            }
        #endif
        // Each thread takes some of the rows, or of the columns where those are more.
        let parts = configuration.threads
        let byRows = rows >= columns
        let extent = byRows ? rows : columns
        let step = max(1, (extent + parts - 1) / parts)
        withParallelTasks(count: (extent + step - 1) / step) { task in
            let begin = task * step
            let count = min(extent, begin + step) - begin
            let a0 = byRows ? (a.isTransposed ? begin : begin * aRow) : 0
            let b0 = byRows ? 0 : (b.isTransposed ? begin * bRow : begin)
            cblas_sgemm(
                CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans,
                b.isTransposed ? CblasTrans : CblasNoTrans, Int32(byRows ? count : rows),
                Int32(byRows ? columns : count), Int32(depth), 1, a.pointer + a0, Int32(aRow), b.pointer + b0,
                Int32(bRow), adds ? 1 : 0, out + (byRows ? begin * columns : begin), Int32(columns))
        }
    }

    /// `x [..., in]`, `weight [out, in]` -> `x weightᵀ + bias + residual`, in the precision of the backend. What it
    /// gives depends on nothing that was computed before.
    func trainingLinear(_ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?) -> Tensor {
        if isRounded(weight) {
            return trainingLinear(
                roundedValues(x), weight: roundedValues(weight), bias: bias, residual: residual)
        }
        let (columns, depth) = (weight.shape[0], weight.shape[1])
        let out = Tensor(uninitialized: x.shape.replacingLast(with: columns), on: self)
        #if canImport(COneDNN)
            if isReduced(weight), let oneDNN,
                oneDNN.linear(
                    x, weight: weight, bias: bias, residual: residual, into: out, keepsLayout: false,
                    backend: self)
            {
                return out
            }
        #endif
        let begins = bias != nil || residual != nil
        if begins { fill(out, bias: bias, residual: residual) }
        multiply(
            Factor(pointer: x.baseAddress),
            Factor(pointer: float32(weight).baseAddress, isTransposed: true), rows: x.count / depth,
            columns: columns, depth: depth, into: out.baseAddress, adds: begins)
        return out
    }

    /// `gradient [..., out]` -> `gradient weight [..., in]`.
    func linearInputGradient(_ gradient: Tensor, weight: Parameter, shape: Shape) -> Tensor {
        if isRounded(weight) {
            return linearInputGradient(
                roundedValues(gradient), weight: roundedValues(weight), shape: shape)
        }
        let (depth, columns) = (weight.shape[0], weight.shape[1])
        let out = Tensor(uninitialized: shape, on: self)
        multiply(
            Factor(pointer: gradient.baseAddress), Factor(pointer: float32(weight).baseAddress),
            rows: gradient.count / depth, columns: columns, depth: depth, into: out.baseAddress, adds: false,
            as: weight)
        return out
    }

    /// `target [out, in] (+)= gradientᵀ x`.
    func linearWeightGradient(
        _ x: Tensor, _ gradient: Tensor, weight: Parameter, into target: Tensor, adds: Bool
    ) {
        if isRounded(weight) {
            return linearWeightGradient(
                roundedValues(x), roundedValues(gradient), weight: roundedValues(weight), into: target,
                adds: adds)
        }
        let (rows, columns) = (weight.shape[0], weight.shape[1])
        multiply(
            Factor(pointer: gradient.baseAddress, isTransposed: true), Factor(pointer: x.baseAddress),
            rows: rows, columns: columns, depth: x.count / columns, into: target.baseAddress, adds: adds,
            as: weight)
    }

    /// The same in the precision that products with `weight` have.
    private func multiply(
        _ a: Factor, _ b: Factor, rows: Int, columns: Int, depth: Int, into out: UnsafeMutablePointer<Float>,
        adds: Bool, as weight: Parameter
    ) {
        #if canImport(COneDNN)
            if isReduced(weight), let oneDNN {
                let key = OneDNNProductKey(
                    rows: rows, columns: columns, depth: depth, isFirstTransposed: a.isTransposed,
                    isSecondTransposed: b.isTransposed, adds: adds)
                if oneDNN.reducedProduct(a, b, key, into: out, name: weight.name, backend: self) { return }
            }
        #endif
        multiply(a, b, rows: rows, columns: columns, depth: depth, into: out, adds: adds)
    }

    /// `out [..., C] = bias [C] + residual`.
    private func fill(_ out: Tensor, bias: Parameter?, residual: Tensor?) {
        let width = out.shape[-1]
        let rows = out.count / width
        let biasPointer = bias.map { float32($0).baseAddress }
        let step = max(1, 32768 / width)
        withParallelTasks(count: (rows + step - 1) / step) { task in
            let begin = task * step
            ck_bias_rows(
                out.baseAddress + begin * width, min(rows, begin + step) - begin, width, width, biasPointer,
                residual.map { $0.baseAddress + begin * width })
        }
    }
}
