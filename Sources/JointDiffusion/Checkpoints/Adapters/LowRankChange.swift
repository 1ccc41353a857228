import Tensors

/// What a LoRA file adds to one weight: `scale * up * down`, or with a middle factor `scale * up * middle * down`.
struct LowRankChange {
    let file: SafetensorsFile
    /// `[rank, in]`, or `[rank, in, k, k]` of a convolution.
    let down: String
    /// `[rank, rank, k, k]`: then `down` and `up` are 1x1.
    let middle: String?
    /// `[out, rank]`, or `[out, rank, 1, 1]`.
    let up: String
    let scale: Double
    let backend: any Backend

    /// The weight with the change added, in float32.
    func added(to weight: Tensor) throws(CheckpointError) -> Tensor {
        let change = try product(for: weight.shape)
        return weight.float32 + Float(scale) * change
    }

    private func product(for target: Shape) throws(CheckpointError) -> Tensor {
        let (down, up) = (try tensor(down), try tensor(up))
        let rank = down.shape[0]
        // 1. The outer factor, one row for each output.
        guard up.count == target[0] * rank, up.shape[0] == target[0] else {
            throw misfit(self.up, up, target)
        }
        let rows = up.reshaped([target[0], rank])
        guard let middle else {
            // 2. The inner one, one column for everything that goes into an output.
            guard down.count * target[0] == target.count * rank else { throw misfit(self.down, down, target) }
            return Self.product(rows, down.reshaped([rank, down.count / rank])).reshaped(target)
        }
        // 2. With a middle, the kernel is the middle's: out x rank, k x k, rank x in.
        let core = try tensor(middle)
        guard target.rank == 4, core.shape.rank == 4, core.shape[1] == rank,
            up.count == target[0] * core.shape[0],
            core.shape[2] == target[2], core.shape[3] == target[3]
        else { throw misfit(middle, core, target) }
        guard down.count == rank * target[1] else { throw misfit(self.down, down, target) }
        let kernel = target[2] * target[3]
        // [r, r * k * k] -> out rows of [r, k * k] -> [out, k * k, r] -> [out, k * k, in] -> [out, in, k * k]
        let outer = Self.product(rows, core.reshaped([core.shape[0], rank * kernel]))
        let turned = backend.transposed(outer.reshaped([target[0], rank, kernel]))
        let inner = Self.product(
            turned.reshaped([target[0] * kernel, rank]), down.reshaped([rank, target[1]]))
        return backend.transposed(inner.reshaped([target[0], kernel, target[1]])).reshaped(target)
    }

    private func tensor(_ key: String) throws(CheckpointError) -> Tensor {
        do { return try file.tensor(key, on: backend).float32 } catch { throw .safetensors(error) }
    }

    private func misfit(_ key: String, _ actual: Tensor, _ target: Shape) -> CheckpointError {
        .adapter(.wrongShape(file: file.path, key: key, actual: actual.shape, target: target))
    }

    /// `a [n, r]` times `b [r, m]`, in float32 whatever products are computed with.
    private static func product(_ a: Tensor, _ b: Tensor) -> Tensor {
        let columns = a.backend.transposed(b.reshaped([1, b.shape[0], b.shape[1]]))
        let factor = Parameter(
            name: "", value: columns.reshaped([b.shape[1], b.shape[0]]), coarsest: .float32)
        return a.linear(factor)
    }
}
