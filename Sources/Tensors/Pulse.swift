import Synchronization

/// Shows other threads that something is being computed: it grows as long as it is.
public final class Pulse: Sendable {
    private let beats = Atomic<UInt64>(0)

    public init() {}

    /// Beats so far.
    public var count: UInt64 { beats.load(ordering: .relaxed) }

    /// Something was done.
    public func beat() { beats.wrappingAdd(1, ordering: .relaxed) }
}
