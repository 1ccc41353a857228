extension Tensor {
    /// A float32 tensor rounded to float16, as files keep it; values beyond its range become infinite.
    public func roundedToHalf() -> Tensor {
        let half = Tensor(uninitialized: shape, elementType: .float16, on: backend)
        let target = half.rawPointer.assumingMemoryBound(to: UInt16.self)
        for (index, value) in floats.enumerated() { target[index] = Float16(value).bitPattern }
        return half
    }
}
