/// A line of `log.jsonl`: the mean of the steps since the last line.
public struct LogEntry: Codable, Sendable, Equatable {
    /// Steps done.
    public var step: Int
    /// Nil where no step of the line was finite.
    public var loss: Double?
    /// Global norm of the gradients, before clipping.
    public var gradientNorm: Double?
    public var rate: Double
    /// Steps of the line that were skipped because their numbers were not finite.
    public var skipped: Int
    /// Of the clock, since the run was started or resumed.
    public var seconds: Double
    /// Of all processors together, since then.
    public var processorSeconds: Double

    /// Weights that no gradient has reached for long, as those of blocks whose ReLUs are never above 0; where that was
    /// looked at and there are any.
    public var idle: [String]?
    /// What references count, where that was looked at.
    var probe: ReferenceProbe.Result?

    enum CodingKeys: String, CodingKey {
        case step, loss, rate, skipped, seconds, idle, probe
        case gradientNorm = "gradient_norm"
        case processorSeconds = "processor_seconds"
    }
}
