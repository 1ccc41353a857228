import Tensors

/// Where a model takes its parameters from: a checkpoint, or an initialiser.
public protocol ParameterSource: AnyObject {
    /// The parameter under a full key, with exactly this shape. Each key can be taken once.
    func parameter(_ key: String, shape: Shape) throws(CheckpointError) -> Parameter
}

/// A source seen from a prefix of its keys, as the modules of a model nest.
public struct ParameterScope {
    private let source: any ParameterSource
    private let prefix: String
    private let coarsest: Precision

    public init(_ source: any ParameterSource) {
        self.init(source, prefix: "", coarsest: .int8)
    }

    private init(_ source: any ParameterSource, prefix: String, coarsest: Precision) {
        self.source = source
        self.prefix = prefix
        self.coarsest = coarsest
    }

    /// The same scope for layers that are few and cheap and where rounding shows: the first and the last of a
    /// network, embeddings.
    public var fullPrecision: ParameterScope { bearing(.float32) }

    /// The same scope for layers whose rounding shows beyond that precision.
    public func bearing(_ coarsest: Precision) -> ParameterScope {
        ParameterScope(source, prefix: prefix, coarsest: coarsest.bounded(by: self.coarsest))
    }

    /// The scope of a submodule: `scope["attn1"]`, `scope["resnets", 0]`.
    public subscript(_ names: any CustomStringConvertible...) -> ParameterScope {
        ParameterScope(
            source, prefix: prefix + names.map { "\($0)." }.joined(), coarsest: coarsest)
    }

    public func parameter(_ name: String, _ shape: Shape) throws(CheckpointError) -> Parameter {
        let parameter = try source.parameter(prefix + name, shape: shape)
        let limit = parameter.coarsest.bounded(by: coarsest)
        if limit == parameter.coarsest { return parameter }
        return Parameter(name: parameter.name, value: parameter.value, coarsest: limit)
    }
}
