import CKernels

/// The numbers of one step of Muon.
public struct MuonStep: Sendable {
    /// Learning rate.
    public var rate: Float
    public var momentum: Float
    /// Weight decay, times the rate.
    public var decay: Float
    /// What gradients are multiplied with before anything else.
    public var gradientScale: Float

    public init(rate: Float, momentum: Float, decay: Float, gradientScale: Float = 1) {
        self.rate = rate
        self.momentum = momentum
        self.decay = decay
        self.gradientScale = gradientScale
    }
}

extension CPUBackend {
    /// One step of Muon for one matrix `[out, in]` or kernel `[out, in, k, k]`, in place: with Nesterov's momentum, made
    /// orthogonal, and as large as a step of AdamW in the mean (0.2 an element).
    public func takeStep(_ step: MuonStep, parameter: Tensor, gradient: Tensor, momentum: Tensor) {
        let gradient =
            step.gradientScale == 1 ? gradient : linearCombination([(step.gradientScale, gradient)])
        blend(gradient, into: momentum, keeping: step.momentum)
        let ahead = linearCombination([(step.momentum, momentum), (1 - step.momentum, gradient)])
        let rows = parameter.shape[0]
        let columns = parameter.count / rows
        let direction = orthogonalized(ahead, rows: rows, columns: columns)
        let length = step.rate * 0.2 * Float(max(rows, columns)).squareRoot()
        let terms: [UnsafePointer<Float>?] = [
            UnsafePointer(parameter.baseAddress), UnsafePointer(direction.baseAddress),
        ]
        ck_combine(
            &context, parameter.baseAddress, parameter.count, 2, [1 - step.rate * step.decay, -length], terms)
    }

    /// A matrix with nearly the same singular vectors and with singular values near 1: five Newton-Schulz iterations with
    /// the coefficients of Jordan et al., which leave singular values between 0.7 and 1.2.
    func orthogonalized(_ matrix: Tensor, rows: Int, columns: Int) -> Tensor {
        let norm = sumOfSquares(matrix).squareRoot()
        // What long had no gradient has no direction either, and squares that are nearly nothing no sum.
        guard norm > 1e-15 else { return matrix }
        var x = linearCombination([(Float(1 / norm), matrix)])
        // The products of the smaller side with itself are the smaller ones.
        let isWide = rows <= columns
        let side = min(rows, columns)
        if max(rows, columns) >= 2 * side {
            return orthogonalizedByGram(x, rows: rows, columns: columns)
        }
        for _ in 0..<5 {
            let gram = Tensor(uninitialized: [side, side], on: self)
            let factor = Factor(pointer: UnsafePointer(x.baseAddress), isTransposed: !isWide)
            let transposed = Factor(pointer: UnsafePointer(x.baseAddress), isTransposed: isWide)
            multiply(
                factor, transposed, rows: side, columns: side, depth: max(rows, columns),
                into: gram.baseAddress, adds: false)
            let squared = Tensor(uninitialized: [side, side], on: self)
            let gramFactor = Factor(pointer: UnsafePointer(gram.baseAddress))
            multiply(
                gramFactor, gramFactor, rows: side, columns: side, depth: side, into: squared.baseAddress,
                adds: false)
            let polynomial = linearCombination([(-4.775, gram), (2.0315, squared)])
            let next = linearCombination([(3.4445, x)])
            let left = Factor(pointer: UnsafePointer(polynomial.baseAddress))
            let plain = Factor(pointer: UnsafePointer(x.baseAddress))
            if isWide {
                multiply(
                    left, plain, rows: rows, columns: columns, depth: side, into: next.baseAddress, adds: true
                )
            } else {
                multiply(
                    plain, left, rows: rows, columns: columns, depth: side, into: next.baseAddress, adds: true
                )
            }
            x = next
        }
        return x
    }

    /// The same for long matrices: an iteration multiplies by a polynomial of the product of the matrix with itself, and
    /// all polynomials commute. So they are multiplied first, and the matrix only at the end.
    /// - Parameter x: of norm 1.
    private func orthogonalizedByGram(_ x: Tensor, rows: Int, columns: Int) -> Tensor {
        let isWide = rows <= columns
        let side = min(rows, columns)
        func product(_ a: Tensor, _ b: Tensor) -> Tensor {
            let out = Tensor(uninitialized: [side, side], on: self)
            multiply(
                Factor(pointer: UnsafePointer(a.baseAddress)), Factor(pointer: UnsafePointer(b.baseAddress)),
                rows: side, columns: side, depth: side, into: out.baseAddress, adds: false)
            return out
        }
        let identity = Tensor(zeros: [side, side], on: self)
        for index in 0..<side { identity.floats[index * side + index] = 1 }
        let plain = Factor(pointer: UnsafePointer(x.baseAddress))
        let transposed = Factor(pointer: UnsafePointer(x.baseAddress), isTransposed: true)
        var gram = Tensor(uninitialized: [side, side], on: self)
        multiply(
            isWide ? plain : transposed, isWide ? transposed : plain, rows: side, columns: side,
            depth: max(rows, columns), into: gram.baseAddress, adds: false)
        var whole = identity
        for iteration in 0..<5 {
            let polynomial = linearCombination([
                (3.4445, identity), (-4.775, gram), (2.0315, product(gram, gram)),
            ])
            whole = iteration == 0 ? polynomial : product(polynomial, whole)
            if iteration < 4 { gram = product(polynomial, product(gram, polynomial)) }
        }
        let out = Tensor(uninitialized: x.shape, on: self)
        let factor = Factor(pointer: UnsafePointer(whole.baseAddress))
        multiply(
            isWide ? factor : plain, isWide ? plain : factor, rows: rows, columns: columns, depth: side,
            into: out.baseAddress, adds: false)
        return out
    }
}
