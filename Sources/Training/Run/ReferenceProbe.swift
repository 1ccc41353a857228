import Tensors

/// Whether a model heeds its references: its loss on subjects that it never saw, with their own references, with those of
/// another subject, and with none. As long as the three are alike, it does not.
struct ReferenceProbe {
    /// Mean losses over the subjects and a few noise levels.
    struct Result: Codable, Sendable, Equatable {
        var own, other, none: Double
    }

    private let own, other, none: [DiffusionSet]
    /// Shares of the noisiest timestep: what a subject looks like is decided early.
    private static let levels = [0.999, 0.85, 0.65]
    private static let subjects = 12

    init(_ batches: BatchMaker) throws {
        var sets: (own: [DiffusionSet], other: [DiffusionSet], none: [DiffusionSet]) = ([], [], [])
        let subjects = try (0..<Self.subjects).map { try batches.heldOut(set: $0) }
        for (index, subject) in subjects.enumerated() {
            let stranger = subjects[(index + 1) % subjects.count]
            for level in Self.levels {
                func set(_ references: [LatentStore.Entry]) -> DiffusionSet {
                    batches.set(references: references, target: subject, level: level, seed: index)
                }
                sets.own.append(set(subject.references))
                sets.other.append(set(stranger.references))
                sets.none.append(set([]))
            }
        }
        (own, other, none) = sets
    }

    func measure(_ objective: DiffusionObjective, height: Int, width: Int) -> Result {
        // One by one: a large model's activations for all of them would not fit.
        func loss(_ sets: [DiffusionSet]) -> Double {
            let losses = sets.map { set in
                objective.tape.withoutRecords {
                    Double(objective.loss([set], height: height, width: width).floats[0])
                }
            }
            return losses.reduce(0, +) / Double(losses.count)
        }
        return Result(own: loss(own), other: loss(other), none: loss(none))
    }
}
