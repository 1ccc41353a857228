import Tensors

/// A list of layers as TAESD's files number them, run one behind the other.
struct TinyLayers {
    /// What stands at one index.
    enum Layer {
        case convolution(Convolution)
        case block(Block)
        case relu
        case upsample
    }

    private var layers: [Layer] = []

    /// How many there are: the next one's index.
    var count: Int { layers.count }

    mutating func append(_ layer: Layer) { layers.append(layer) }

    /// - Parameter scope: of the list.
    mutating func appendBlocks(
        _ count: Int, _ scope: ParameterScope, channels: Int
    ) throws(CheckpointError) {
        for _ in 0..<count { append(.block(try Block(scope[layers.count], channels: channels))) }
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
        layers.reduce(x) { x, layer in
            switch layer {
            case .convolution(let convolution): convolution(x)
            case .block(let block): block(x)
            case .relu: x.activated(.relu)
            case .upsample: x.upsampledNearest2x()
            }
        }
    }

    /// Three convolutions added to their input (`AutoencoderTinyBlock`).
    struct Block {
        let conv1, conv2, conv3: Convolution  // conv.0, conv.2, conv.4

        init(_ scope: ParameterScope, channels: Int) throws(CheckpointError) {
            conv1 = try Convolution(scope["conv", 0], in: channels, out: channels)
            conv2 = try Convolution(scope["conv", 2], in: channels, out: channels)
            conv3 = try Convolution(scope["conv", 4], in: channels, out: channels)
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            conv3(conv2(conv1(x, activation: .relu), activation: .relu), residual: x, activation: .relu)
        }
    }
}
