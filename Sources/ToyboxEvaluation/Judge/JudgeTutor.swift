import JointDiffusion
import SyntheticSubjects
import Tensors

/// Heads that the judge learns with and is then rid of: they have its features tell what the toybox knows of a toy, its
/// colours, pattern, finish, what it wears and its kind. That takes it past its slow beginning, in which a toy's looks are
/// nothing to it beside those of the place.
struct JudgeTutor {
    /// What is known of a toy.
    struct Answer: Sendable {
        /// Red, green and blue of its three colours.
        let colors: [Float]
        /// Of each question, which of its answers is right.
        let choices: [Int]

        init(_ identity: ToyboxIdentity) {
            colors = identity.colors.flatMap { [$0.red, $0.green, $0.blue] }
            choices = [
                Self.place(of: identity.pattern), Self.place(of: identity.finish),
                identity.accessory.map { Self.place(of: $0) + 1 } ?? 0, Self.place(of: identity.kind),
            ]
        }

        private static func place<Value: CaseIterable & Equatable>(of value: Value) -> Int {
            Array(Value.allCases).firstIndex(of: value) ?? 0
        }
    }

    /// Answers that each question has, and what it counts for.
    private static let questions: [(answers: Int, weight: Float)] = [
        (ToyboxPattern.allCases.count, 0.3), (ToyboxFinish.allCases.count, 0.1),
        (ToyboxAccessory.allCases.count + 1, 0.2), (ToyboxKind.allCases.count, 0.2),
    ]
    private static let colorWeight: Float = 3

    private let toColors: Linear  // colors
    private let toAnswers: [Linear]  // answers.<question>

    init(_ scope: ParameterScope, features: Int) throws(CheckpointError) {
        toColors = try Linear(scope["colors"], in: features, out: 9)
        var heads: [Linear] = []
        for (index, question) in Self.questions.enumerated() {
            heads.append(try Linear(scope["answers", index], in: features, out: question.answers))
        }
        toAnswers = heads
    }

    /// `features [N, C]` -> the loss of the answers, of shape `[]`: the mean over pictures.
    func loss(_ features: Tensor, _ answers: [Answer]) -> Tensor {
        let count = answers.count
        let colors = Tensor(answers.flatMap(\.colors), shape: [count, 9], on: features.backend)
        var terms = [
            (Self.colorWeight / Float(count), toColors(features).weightedSquaredError(colors))
        ]
        for (index, question) in Self.questions.enumerated() {
            var wanted = [Float](repeating: 0, count: count * question.answers)
            for (picture, answer) in answers.enumerated() {
                wanted[picture * question.answers + answer.choices[index]] = 1
            }
            let entropy = toAnswers[index](features).crossEntropy(
                Tensor(wanted, shape: [count, question.answers], on: features.backend))
            terms.append((question.weight / Float(count), entropy))
        }
        return .linearCombination(terms)
    }
}
