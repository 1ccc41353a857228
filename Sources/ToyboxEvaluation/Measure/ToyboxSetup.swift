import JointDiffusion

/// One way of making the pictures: a row of the table.
public struct ToyboxSetup: Sendable, Hashable, Codable {
    public var references: Int
    public var mode: ReferenceMode
    public var guidance: Double
    /// Nil: two branches.
    public var imageGuidance: Double?

    public init(references: Int, mode: ReferenceMode, guidance: Double, imageGuidance: Double?) {
        (self.references, self.mode) = (references, mode)
        (self.guidance, self.imageGuidance) = (guidance, imageGuidance)
    }

    /// Every combination. Without references neither their mode nor their guidance means anything: those are done once.
    public static func all(
        references: [Int], modes: [ReferenceMode], guidance: [Double], imageGuidance: [Double?]
    ) -> [ToyboxSetup] {
        var seen: Set<ToyboxSetup> = []
        return modes.flatMap { mode in
            guidance.flatMap { guidance in
                imageGuidance.flatMap { imageGuidance in
                    references.compactMap { count in
                        let setup = ToyboxSetup(
                            references: count, mode: count == 0 ? .none : mode, guidance: guidance,
                            imageGuidance: count == 0 ? nil : imageGuidance)
                        return seen.insert(setup).inserted ? setup : nil
                    }
                }
            }
        }
    }

    /// As "3 references, cached, guidance 2.5 / 1.5"
    public var words: String {
        let count = references == 1 ? "1 reference" : "\(references) references"
        let mode = references == 0 ? "" : ", \(mode.rawValue)"
        let image = imageGuidance.map { " / \($0)" } ?? ""
        return "\(count)\(mode), guidance \(guidance)\(image)"
    }
}
