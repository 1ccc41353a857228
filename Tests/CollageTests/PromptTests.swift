import SyntheticSubjects
import Testing

@testable import Collage

@Suite struct PromptTests {
    @Test func readsALineEach() throws {
        let text = """
            # kinds of toys
            cat | striped red cat | on the beach; in the snow ;

            mug\tthe old blue mug
            owl|owl of wood
            """
        let list = try PromptList(text: text, file: "list", scenes: ["in the city"])
        #expect(list.count == 3)
        #expect(
            (0..<4).map { list.subject($0, seed: 0) } == [
                CollageSubject(
                    kind: "cat", phrase: "a striped red cat", scenes: ["on the beach", "in the snow"]),
                CollageSubject(kind: "mug", phrase: "the old blue mug", scenes: ["in the city"]),
                CollageSubject(kind: "owl", phrase: "an owl of wood", scenes: ["in the city"]),
                list.subject(0, seed: 9),
            ])
    }

    @Test(arguments: ["cat", "cat |", "| red cat", "cat | red cat | here | there"])
    func namesTheLineThatIsWrong(_ line: String) {
        #expect(throws: CollageError.badLine(file: "list", line: 3, text: line)) {
            try PromptList(text: "# a\ncat | cat\n\(line)", file: "list", scenes: ["here"])
        }
        #expect(throws: CollageError.emptyList(file: "list")) {
            try PromptList(text: "# a\n\n", file: "list", scenes: ["here"])
        }
    }

    @Test func theGrammarSpeaksTheToyboxsWords() {
        let grammar = PromptGrammar()
        let kinds = Set(ToyboxKind.allCases.map(\.noun))
        let words = kinds.union(ToyboxColor.all.map(\.word)).union(
            ToyboxPattern.allCases.compactMap(\.adjective)
        )
        .union(["a", "an", "and"])
        let subjects = (0..<200).map { grammar.subject($0, seed: UInt64($0)) }
        for subject in subjects {
            #expect(kinds.contains(subject.kind))
            #expect(subject.phrase.hasSuffix(" \(subject.kind)"))
            #expect(subject.phrase.split(separator: " ").allSatisfy { words.contains(String($0)) })
        }
        #expect(Set(subjects.map(\.phrase)).count > 150)
        #expect(grammar.subject(3, seed: 3) == subjects[3])
        let some = PromptGrammar(kinds: ["cat", "mug"], scenes: ["here"])
        #expect((0..<4).map { some.subject($0, seed: 1).kind } == ["cat", "mug", "cat", "mug"])
    }
}
