/// Stands where no engine could be made: the daemon watches and plans, and says why it makes no pictures.
public struct UnavailableEngine: PictureEngine {
    private let failure: EngineFailure

    /// An engine that refuses everything for this reason.
    public init(reason: String) {
        failure = EngineFailure(reason)
    }

    public func describe() async throws -> EngineDescription { throw failure }

    public func encodeReference(_ request: ReferenceRequest) async throws -> EncodedReference {
        throw failure
    }

    public func generate(
        _ request: PictureRequest, references: [EncodedReference], resumingFrom checkpoint: StepCheckpoint?,
        event: @escaping @Sendable (PictureEvent) -> Void
    ) async throws -> Picture { throw failure }

    public func unload() async {}
}
