import Tensors
import TestSupport
import Testing

@Suite struct ScalingTests {
    @Test(arguments: Configurations.kernels, [(Float(0.5), Float(0.5)), (2, -1), (-3, 0)])
    func factorAndConstant(_ configuration: CPUConfiguration, _ change: (factor: Float, constant: Float)) {
        let backend = CPUBackend(configuration)
        let x = Tensor(normal: [3, 5, 37], seed: 1, on: backend)
        let expected = x.elements.map { change.factor * $0 + change.constant }
        let scaled = x.scaled(by: change.factor, plus: change.constant)
        #expect(scaled.shape == x.shape)
        #expect(relativeDifference(scaled.elements, expected) < 1e-6)
    }
}
