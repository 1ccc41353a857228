/// How references steer the pictures that are made.
public enum ReferenceMode: String, Sendable, CaseIterable, Codable {
    /// Not at all: plain text-to-image.
    case none
    /// The paper's: the sampler runs over the whole set, every image attends to every image.
    case joint
    /// Each reference passes once, clean, at timestep 0; its keys and values serve every step.
    case cached
    /// Each reference is noised to the target's timestep and passes at every step; needs no training.
    case matched
}
