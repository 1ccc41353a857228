import Tensors
import Testing

@Suite struct ElementTypeTests {
    /// Every bit pattern of a type, in a table of 64 rows of 1024.
    static func table(_ type: ElementType, on backend: any Backend) -> Parameter {
        let storage = backend.allocate(byteCount: 2 << 16)
        for bits in 0..<UInt16.max {
            storage.pointer.storeBytes(of: bits, toByteOffset: 2 * Int(bits), as: UInt16.self)
        }
        storage.pointer.storeBytes(of: .max, toByteOffset: 2 * 0xffff, as: UInt16.self)
        return Parameter(
            name: "all",
            value: Tensor(shape: [64, 1024], elementType: type, storage: storage, backend: backend))
    }

    @Test(arguments: Configurations.kernels, [ElementType.float16, .bfloat16])
    func everyBitPattern(_ configuration: CPUConfiguration, _ type: ElementType) {
        let backend = CPUBackend(configuration)
        let values = Self.table(type, on: backend).rows(Array(0..<64)).elements
        var wrong = 0
        for (bits, value) in values.enumerated() {
            let expected =
                type == .float16
                ? Float(Float16(bitPattern: UInt16(bits))) : Float(bitPattern: UInt32(bits) << 16)
            let isSame = value.isNaN ? expected.isNaN : value.bitPattern == expected.bitPattern
            if !isSame { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    /// Subnormal and infinite weights pass unharmed through products and convolutions.
    @Test(arguments: Configurations.products, [ElementType.float16, .bfloat16])
    func extremeWeights(_ configuration: CPUConfiguration, _ type: ElementType) {
        let backend = CPUBackend(configuration)
        let numbers: [Double] =
            type == .float16
            ? [0x1p-24, 0x1.8p-20, 0x1p-14, 65504, .infinity, -.infinity, -0x1p-24, 1]
            : [0x1p-133, 0x1p-130, 0x1p-126, 0x1.fep127, .infinity, -.infinity, -0x1p-133, 1]
        let (weight, plain) = PlainTensor([8, 1], numbers).parameter(type, on: backend)
        #expect(plain.values == numbers)
        let one = Tensor([1], shape: [1, 1], on: backend)
        #expect(one.linear(weight).elements.map { Double($0) } == numbers)
        let (kernel, _) = PlainTensor([8, 1, 1, 1], numbers).parameter(type, on: backend)
        let convolved = one.reshaped([1, 1, 1, 1]).convolution(
            kernel, bias: nil, geometry: ConvolutionGeometry(kernel: 1, paddingBefore: 0, paddingAfter: 0))
        #expect(convolved.elements.map { Double($0) } == numbers)
        let (bias, _) = PlainTensor([8], numbers).parameter(type, on: backend)
        let zeros = PlainTensor(zeros: [8, 1]).parameter(on: backend)
        #expect(one.linear(zeros, bias: bias).elements.map { Double($0) } == numbers)
    }
}
