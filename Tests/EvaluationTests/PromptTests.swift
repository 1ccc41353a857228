import Testing

@testable import Evaluation

/// What prompt files may say, and how what they may not say is refused.
@Suite struct PromptTests {
    @Test(arguments: [
        ("a {class} on the beach", "a toy on the beach"), ("{} in the snow", "toy in the snow"),
        ("a photo of {0}", "a photo of toy"), ("a {0} {1} in the jungle", "a toy in the jungle"),
        ("{0} {1}", "toy"), ("a red {0}{1}", "a red toy"),
        ("the {class} and another {class}", "the toy and another toy"),
        ("a {1}, {0} says", "a toy, says"),
    ])
    func places(_ line: String, _ filled: String) throws {
        #expect(try PromptTemplate(line).filled(with: "toy") == filled)
    }

    @Test(arguments: [
        ("a dog on the beach", "does not name the subject"), ("a {subject} here", "{subject}"),
        ("a {class here", "counterpart"), ("a class} here", "counterpart"), ("a {} or a {}", "{}, {}"),
        ("a {1} here", "{1}"), ("a {class} {0}", "{class}, {0}"), ("a {2} {1}", "{2}"),
        ("a {class} --steps 30", "--steps"), ("a {{class}} b", "counterpart"),
    ])
    func mistakes(_ line: String, _ reason: String) {
        let error = #expect(throws: EvaluationError.self) {
            try EvaluationPrompts(text: "# prompts\n\na {class}\n\(line)\n", file: "p.txt")
        }
        #expect(error?.description.hasPrefix("p.txt, line 4: ") == true, "\(String(describing: error))")
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func aPromptALine() throws {
        let text = "\u{FEFF}# of toys\r\na {class} on the beach\r\n\r\n   the {} at night  \r\n"
        let prompts = try EvaluationPrompts(text: text, file: "p.txt")
        #expect(prompts.prompts(for: "cat") == ["a cat on the beach", "the cat at night"])
        #expect(prompts.classes.isEmpty)
        #expect(throws: EvaluationError.noPrompts(file: "p.txt")) {
            try EvaluationPrompts(text: "\n# nothing\n", file: "p.txt")
        }
    }

    static let dreamBench = """
        Classes

        subject_name,class
        backpack,backpack
        bear_plushie,stuffed animal
        dog6,dog

        Prompts

        Object Prompts

        prompt_list = [
        'a {0} {1} in the jungle'.format(unique_token, class_token),
        'a cube shaped {0} {1}'.format(unique_token, class_token)
        ]

        Live Subject Prompts

        prompt_list = [
        'a {0} {1} wearing a red hat'.format(unique_token, class_token),
        "a wet {0} {1}".format(unique_token, class_token)
        ]

        """

    @Test func dreamBenchsFileAsItIs() throws {
        let prompts = try EvaluationPrompts(text: Self.dreamBench, file: "prompts_and_classes.txt")
        #expect(
            prompts.classes == ["backpack": "backpack", "bear_plushie": "stuffed animal", "dog6": "dog"])
        #expect(
            prompts.prompts(for: "stuffed animal")
                == ["a stuffed animal in the jungle", "a cube shaped stuffed animal"])
        #expect(prompts.prompts(for: "dog") == ["a dog wearing a red hat", "a wet dog"])
        #expect(prompts.prompts(for: "cat") == ["a cat wearing a red hat", "a wet cat"])
    }

    @Test(arguments: [
        ("backpack,backpack", "backpack;backpack", 4),
        ("'a cube shaped {0} {1}'.format(unique_token, class_token)", "'a cube shaped {0} {1}'", 14),
        ("'a cube shaped {0} {1}'.format", "'a cube shaped it''s {0} {1}'.format", 14),
        ("Prompts\n\nObject", "Prompts\nstray\nObject", 9),
    ])
    func dreamBenchsFileChanged(_ old: String, _ new: String, _ line: Int) {
        let text = Self.dreamBench.replacing(old, with: new)
        let error = #expect(throws: EvaluationError.self) { try EvaluationPrompts(text: text, file: "p.txt") }
        guard case .badPrompt("p.txt", line, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
