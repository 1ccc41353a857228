/// One of the predictions that guidance combines: e(references seen or not, prompt seen or not).
public enum GuidanceBranch: Sendable, Hashable, CaseIterable {
    /// e(0,0): the negative prompt, no references.
    case unconditional
    /// e(I,0): the negative prompt, the references.
    case references
    /// e(I,T): the prompt and the references.
    case full

    public var seesReferences: Bool { self != .unconditional }
    public var seesPrompt: Bool { self == .full }
}
