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
    private let needsFullPrecision: Bool

    public init(_ source: any ParameterSource) {
        self.init(source, prefix: "", needsFullPrecision: false)
    }

    private init(_ source: any ParameterSource, prefix: String, needsFullPrecision: Bool) {
        self.source = source
        self.prefix = prefix
        self.needsFullPrecision = needsFullPrecision
    }

    /// The same scope for layers that are few and cheap and where rounding shows: the first and the last of a
    /// network, embeddings.
    public var fullPrecision: ParameterScope {
        ParameterScope(source, prefix: prefix, needsFullPrecision: true)
    }

    /// The scope of a submodule: `scope["attn1"]`, `scope["resnets", 0]`.
    public subscript(_ names: any CustomStringConvertible...) -> ParameterScope {
        ParameterScope(
            source, prefix: prefix + names.map { "\($0)." }.joined(), needsFullPrecision: needsFullPrecision)
    }

    public func parameter(_ name: String, _ shape: Shape) throws(CheckpointError) -> Parameter {
        let parameter = try source.parameter(prefix + name, shape: shape)
        guard needsFullPrecision else { return parameter }
        return Parameter(name: parameter.name, value: parameter.value, needsFullPrecision: true)
    }
}
