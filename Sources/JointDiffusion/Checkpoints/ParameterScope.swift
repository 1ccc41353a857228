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

    public init(_ source: any ParameterSource, prefix: String = "") {
        self.source = source
        self.prefix = prefix
    }

    /// The scope of a submodule: `scope["attn1"]`, `scope["resnets", 0]`.
    public subscript(_ names: any CustomStringConvertible...) -> ParameterScope {
        ParameterScope(source, prefix: prefix + names.map { "\($0)." }.joined())
    }

    public func parameter(_ name: String, _ shape: Shape) throws(CheckpointError) -> Parameter {
        try source.parameter(prefix + name, shape: shape)
    }
}
