import ControlAPI
import Testing

@testable import SubjectDaemon

/// What a line can say besides its words, and what is said about its mistakes.
@Suite struct PromptOptionTests {
    private func parse(_ text: String, defaults: PromptOptions = PromptOptions(), classNoun: String? = nil)
        -> PromptContents
    {
        PromptFile.parse(Array(text.utf8), defaults: defaults, classNoun: classNoun)
    }

    /// The one line that the text must hold.
    private func line(_ text: String) throws -> PromptLine {
        let contents = parse(text)
        #expect(contents.problems == [])
        return try #require(contents.lines.first)
    }

    @Test(
        arguments: [
            ("a dog", "a dog"), ("a dog -- happy", "a dog -- happy"), ("a dog--happy", "a dog--happy"),
            ("a dog --", "a dog --"), ("a --- b", "a --- b"), ("-- a dog", "-- a dog"),
            ("a --5 dog", "a --5 dog"),
            ("-5 degrees - cold", "-5 degrees - cold"), ("a sign \"--stop\"", "a sign \"--stop\""),
            ("the dog's ball \u{2014} red", "the dog's ball \u{2014} red"),
            ("a \u{2014}happy dog", "a \u{2014}happy dog"), ("a = b", "a = b"),
        ] as [(String, String)])
    func wordsWithoutOptionsStayAsTheyAre(text: String, prompt: String) throws {
        #expect(try line(text) == PromptLine(number: 1, text: prompt, copy: 0))
    }

    @Test(
        arguments: [
            ("a dog --steps 30", .init(picture: .init(steps: 30))),
            ("a dog --steps=30", .init(picture: .init(steps: 30))),
            ("a dog --steps \"30\"", .init(picture: .init(steps: 30))),
            ("a dog \u{2014}steps 30", .init(picture: .init(steps: 30))),
            ("--steps 30 --prompt a dog", .init(picture: .init(steps: 30))),
            ("--prompt \"a dog\" --cfg_scale 7", .init(picture: .init(guidance: 7))),
            (
                "a dog --cfg-scale 7.5 --image_guidance 1.5",
                .init(picture: .init(guidance: 7.5, imageGuidance: 1.5))
            ),
            ("a dog --guidance 0", .init(picture: .init(guidance: 0))),
            (
                "a dog --weights yes --clip-skip 2 --reference_tokens 0.5 --eta 1",
                .init(picture: .init(referenceTokens: 0.5, weights: true, clipSkip: 2, eta: 1))
            ),
            (
                "a dog --deep-every 3 --guidance_interval 0.3-5",
                .init(picture: .init(deepEvery: 3, guidanceInterval: 0.3...5))
            ),
            (
                "a dog --init IMG 1.jpg --strength 0.6 --mask 2024/a.MASK.png",
                .init(picture: .init(strength: 0.6), start: "IMG 1.jpg", mask: "2024/a.MASK.png")
            ),
            (
                "a dog --init_image a.jpg --denoising-strength 1",
                .init(picture: .init(strength: 1), start: "a.jpg")
            ),
            ("a dog --init none --mask NONE", .init()),
            ("a dog --weights off", .init(picture: .init(weights: false))),
            (
                "a dog --negative_prompt blurry, bad --seed 5",
                .init(picture: .init(negativePrompt: "blurry, bad"), seed: 5)
            ),
            (
                "a dog --negative_prompt \"a --b \\\"c\\\"\"",
                .init(picture: .init(negativePrompt: "a --b \"c\""))
            ),
            ("a dog --negative_prompt 'x' y", .init(picture: .init(negativePrompt: "x y"))),
            ("a dog --negative_prompt \u{201C}x\u{201D}", .init(picture: .init(negativePrompt: "x"))),
            ("a dog --negative_prompt \"\"", .init(picture: .init(negativePrompt: ""))),
            ("a dog --sampler_name \"DPM++ 2M Karras\"", .init(picture: .init(sampler: "dpmpp_2m_karras"))),
            ("a dog --sampler DPM++ 2M", .init(picture: .init(sampler: "dpmpp_2m"))),
            ("a dog --sampler euler", .init(picture: .init(sampler: "euler"))),
            ("a dog --width 512 --height 768", .init(picture: .init(width: 512, height: 768))),
            ("a dog --size 512x768", .init(picture: .init(width: 512, height: 768))),
            ("a dog --size 512 \u{D7} 768", .init(picture: .init(width: 512, height: 768))),
            ("a dog --mode Cached", .init(picture: .init(mode: "cached"))),
            ("a dog --seed 4294967295", .init(seed: .max)), ("a dog --seed -1", .init()),
            ("a dog --n_iter 2 --batch_size 3", .init(count: 6)), ("a dog --count 4", .init(count: 4)),
            ("a dog --priority -3", .init(priority: -3)),
            ("a dog --photos a.jpg, b.jpg \"c d.jpg\"", .init(photos: ["a.jpg", "b.jpg", "c d.jpg"])),
            ("a dog --photos IMG_*.jpg --steps 9", .init(picture: .init(steps: 9), photos: ["IMG_*.jpg"])),
            ("a dog --do_not_save_grid true --restore_faces false", .init()),
        ] as [(String, PromptOptions)])
    func optionsOfALine(text: String, options: PromptOptions) throws {
        let line = try line(text)
        #expect(line.text == "a dog")
        #expect(line.options == options)
    }

    @Test(
        arguments: [
            ("a dog --happy", "Line 1: --happy is no option"), ("a dog --stpes 5", "did you mean --steps?"),
            ("a dog --steps", "--steps has no value"),
            ("a dog --steps 0", "Line 1: steps is 0; it must be a whole number from 1 to 1000."),
            ("a dog --steps 1001", "from 1 to 1000"), ("a dog --steps 2.5", "steps is 2.5"),
            ("a dog --steps 99999999999999999999", "whole number"),
            ("--steps 30 a dog", "words stand before its options"),
            ("--steps 30", "it has options and no words"),
            ("--prompt \"\" --steps 3", "it has options and no words"),
            ("a dog --prompt a cat", "the prompt stands twice"),
            ("a dog --steps 3 --steps 4", "--steps stands more than once"),
            ("a dog --size 64x64 --width 64", "say the same thing"),
            ("a dog --count 2 --n_iter 2", "say the same thing"),
            ("a dog --guidance nan", "a number from 0 to 100"),
            ("a dog --eta 2", "eta is 2; it must be a number from 0 to 1"),
            ("a dog --reference_tokens 0", "a number from 0.01 to 1"),
            ("a dog --clip_skip 0", "a whole number from 1 to 64"),
            ("a dog --deep_every 101", "a whole number from 1 to 100"),
            ("a dog --guidance_interval 5-0.3", "two noise levels from 0 to 1000, as 0.3-5"),
            (
                "a dog --strength 0 --init a.jpg",
                "strength is 0; it must be a number above 0 and up to 1, as 0.6"
            ),
            ("a dog --strength 1.01 --init a.jpg", "above 0 and up to 1"),
            ("a dog --strength 0.5", "strength needs init, the photo to start from."),
            ("a dog --mask mask.png", "mask needs init, the photo that it belongs to."),
            ("a dog --init none --mask mask.png", "mask needs init"),
            (
                "a dog --init a.jpg --mask b.png",
                "mask is \"b.png\"; it must be none, mask.png, or a name that"
            ),
            ("a dog --init", "--init has no value"),
            ("a dog --weights heavy", "weights is \"heavy\"; it must be yes or no"),
            ("a dog --guidance 1e9", "a number from 0 to 100"),
            ("a dog --guidance -1", "a number from 0 to 100"),
            ("a dog --width 63", "a multiple of 8 from 64 to 4096"),
            ("a dog --width 516", "a multiple of 8"), ("a dog --size 512", "width x height"),
            ("a dog --size 64x9999", "height is 9999"), ("a dog --seed -2", "from 0 to 4294967295"),
            ("a dog --seed 4294967296", "from 0 to 4294967295"),
            (
                "a dog --sampler Heun",
                "one of ddim, dpmpp_2m, dpmpp_2m_karras, dpmpp_2m_sde, euler, euler_a, lcm, unipc"
            ),
            ("a dog --mode magic", "one of none, joint, cached, matched"),
            ("a dog --count 101", "from 1 to 100"),
            ("a dog --n_iter 20 --batch_size 20", "count is 400"), ("a dog --photos", "1 to 64 names"),
            ("a dog --negative_prompt \"blurry", "does not end"), ("a dog --styles x", "another program"),
            ("a dog --restore_faces true", "another program"), ("a {class}", "subject.yaml"),
        ] as [(String, String)])
    func aMistakeIsTold(text: String, problem: String) {
        let contents = parse(text + "\nanother")
        #expect(contents.problems.count == 1)
        #expect(contents.problems.first?.contains(problem) == true, "\(contents.problems)")
        #expect(contents.problems.first?.hasPrefix("Line 1: ") == true)
        // The other lines run.
        #expect(contents.lines.map(\.text) == ["another"])
    }

    @Test func theFilesFrontHoldsForAllLines() throws {
        let contents = parse(
            """
            # a comment

            ---
            negative prompt: "blurry: yes"
            Steps: 30
            photos: [a.jpg, "*.png"]
            seed: 7   # the same for all
            ---
            one
            two --steps 10 --seed -1
            """)
        #expect(contents.problems == [])
        #expect(contents.lines.map(\.number) == [9, 10])
        let shared = PromptOptions(
            picture: .init(negativePrompt: "blurry: yes", steps: 30), seed: 7, photos: ["a.jpg", "*.png"])
        #expect(contents.lines[0].options == shared)
        var second = shared
        (second.picture.steps, second.seed) = (10, nil)
        #expect(contents.lines[1].options == second)
    }

    @Test(
        arguments: [
            ("---\nsteps: 0\n---\none", "Line 2: steps is 0; it must be"),
            ("---\n\nstepz: 3\n---\none", "Line 3: stepz is no option; did you mean steps?"),
            ("---\nsteps: [3]\n---\none", "Line 2: steps is a list"),
            ("---\nsteps: {a: 1}\n---\none", "Line 2: steps must be one value"),
            ("---\nsteps:\n---\none", "Line 2: steps has no value"),
            ("---\nsteps: 3\nsteps: 4\n---\none", "stands more than once"),
            ("---\nsteps: 3\nSteps: 4\n---\none", "Line 3: steps stands more than once"),
            ("---\nphotos: *.jpg\n---\none", "Line 2: this cannot be read as YAML"),
            ("---\njust words\n---\none", "written as 'name: value'"),
            ("---\nprompt: x\n---\none", "Line 2: prompt cannot stand here"),
            ("---\na: &x 1\nb: *x\n---\none", "Line 3: names that begin with & and *"),
            ("---\nsteps: 3\none", "Line 1: --- begins options"),
        ] as [(String, String)])
    func withAMistakeInTheFrontNothingIsMade(text: String, problem: String) {
        let contents = parse(text)
        #expect(contents.lines == [])
        #expect(contents.problems.first?.contains(problem) == true, "\(contents.problems)")
        #expect(contents.problems.last == "None of its pictures is made until that is mended.")
    }

    /// What the line says of a photo to start from, and what holds where it says nothing.
    @Test func aMaskAndAStrengthOfTheDefaultsAreForLinesWithAPhoto() {
        let defaults = PromptOptions(picture: .init(strength: 0.4), mask: "mask.png")
        let contents = parse("one\ntwo --init a.jpg\nthree --init a.jpg --mask none", defaults: defaults)
        #expect(contents.problems == [])
        #expect(
            contents.lines.map(\.options) == [
                PromptOptions(),
                PromptOptions(picture: .init(strength: 0.4), start: "a.jpg", mask: "mask.png"),
                PromptOptions(picture: .init(strength: 0.4), start: "a.jpg"),
            ])
        let front = parse("---\ninit: a.jpg\nmask: b.mask.png\n---\none\ntwo --init none")
        #expect(front.problems == [])
        #expect(front.lines.map(\.options.start) == ["a.jpg", nil])
        #expect(front.lines.map(\.options.mask) == ["b.mask.png", nil])
        // Whoever writes a mask into the file and no photo has forgotten it.
        let forgotten = parse("---\nmask: mask.png\nstrength: 0.5\n---\none\ntwo --init a.jpg")
        #expect(forgotten.problems == ["Line 5: mask needs init, the photo that it belongs to."])
        #expect(forgotten.lines.map(\.text) == ["two"])
    }

    @Test func aStarInQuotesIsAPattern() throws {
        #expect(
            try line("---\nphotos: \"*.jpg\"\nnegative: rock & roll\n---\none").options.photos == ["*.jpg"])
    }

    @Test func theNearerWordHolds() {
        let defaults = PromptOptions(picture: .init(steps: 5, guidance: 2, mode: "joint"), count: 2)
        let contents = parse("---\nsteps: 6\nmode: none\n---\none --mode cached", defaults: defaults)
        #expect(
            contents.lines.map(\.options)
                == [PromptOptions(picture: .init(steps: 6, guidance: 2, mode: "cached"), count: 2)])
    }

    @Test func theClassNounStandsForItself() {
        let contents = parse(
            "a {class} --negative_prompt two {class}s\n{class} and {class}", classNoun: "corgi dog")
        #expect(contents.lines.map(\.text) == ["a corgi dog", "corgi dog and corgi dog"])
        #expect(contents.lines[0].options.picture.negativePrompt == "two corgi dogs")
    }

    @Test func picturesAreCountedWhereverTheyAreAskedFor() {
        #expect(parse("one --count 3\none\none --steps 2").lines.map(\.copy) == [0, 3, 0])
        let contents = parse((1...12).map { "picture \($0) --count 90" }.joined(separator: "\n"))
        #expect(contents.pictures == 990)
        #expect(
            contents.problems == [
                "It asks for more than 1000 pictures; the last 1 lines are left out. Make a second file later."
            ])
    }

    @Test func ordersThatComeOtherwiseAreHeldToTheSameRules() {
        let bad = PromptOptions(
            picture: .init(
                steps: 0, sampler: "x", guidance: .nan, imageGuidance: .infinity, width: 7, height: 1 << 40,
                mode: "x"),
            count: 0, photos: [], mask: "x", priority: 5000)
        #expect(PromptOptionRules.problems(of: bad).count == 12)
        #expect(
            PromptOptionRules.problems(of: PromptOptions(picture: .init(steps: 3, sampler: "ddim"))) == [])
    }
}

/// Whatever the bytes, an answer comes, and soon.
@Suite struct PromptBoundsTests {
    private static let seeds = [
        "one\n# two\nthree --steps 30 --negative_prompt \"a \\\"b\\\"\" --photos a.jpg,'b c.jpg'\nfour --init a.jpg --mask mask.png --strength .5\n",
        "---\nsteps: 30\nphotos: [a, \"b*\"]\nnegative prompt: >\n  long\n  text\n---\none --size 512x512 --seed 5\n",
        "--prompt a dog --sampler_name \"DPM++ 2M Karras\" --n_iter 2 --cfg_scale=7\n",
        "\u{FEFF}class: dog\nretention: {count: 5, age: 90 days}\ndefaults:\n  size: 64x64\n",
        "root: /srv\nquiet_hours: [\"22:00-07:00\"]\nhooks:\n  done: [/bin/a, b]\nfree_space: 5 GB\n",
    ]

    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static let pieces: [[UInt8]] =
        [
            "---\n", "--", "\"", "'", ": ", "- ", "[", "{", "&a ", "*a", "!!x ", "\n", "\t", "|\n", "? ",
            "%YAML 1.1\n", "\0",
        ]
        .map { Array($0.utf8) } + [[0xFF], [0xC3], [0xE2, 0x80], [0xEF, 0xBB, 0xBF], [0xC2, 0x85]]

    @Test(arguments: 0..<seeds.count) func mutatedTextsAreAnswered(index: Int) {
        var random = Random(state: UInt64(index) &* 77 &+ 1)
        for _ in 0..<400 {
            var bytes = Array(Self.seeds[index].utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let at = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: at)
                case 1: if at < bytes.count { bytes[at] = UInt8.random(in: 0...255, using: &random) }
                default: bytes.removeSubrange(at..<min(bytes.count, at + 3))
                }
            }
            let contents = PromptFile.parse(bytes, classNoun: "dog")
            #expect(!contents.lines.isEmpty || !contents.problems.isEmpty)
            _ = SubjectSettings.parse(bytes)
            _ = try? ConfigurationFile.parse(bytes, path: "x")
        }
    }

    @Test(
        arguments: [
            String(repeating: "[", count: 20_000), String(repeating: "{a: ", count: 10_000),
            String(repeating: "- ", count: 20_000), String(repeating: "? ", count: 20_000),
            String(repeating: "[", count: 900) + String(repeating: "]", count: 900),
            String(repeating: "a:\n", count: 20_000), "a: " + String(repeating: "x", count: 60_000),
            "a: &a [x,x,x,x]\n"
                + (0..<20).map { "\($0): &a\($0) [*a, *a, *a, *a]\n" }.joined(),
            "? &a [x]\n: 1\n? [*a, *a]\n: 2\n", "a: &b\n  c: *b\n", "\"\\ud800\": 1", "!!binary x: 1",
            String(repeating: "&a ", count: 1000), "%TAG ! tag:x,2000:\n--- !y\na: 1\n",
        ])
    func hostileYAMLEndsSoon(text: String) {
        let contents = PromptFile.parse(Array("---\n\(text)\n---\none".utf8))
        #expect(contents.lines.isEmpty && !contents.problems.isEmpty)
        #expect(!SubjectSettings.parse(Array(text.utf8)).problems.isEmpty)
    }

    @Test func lengthsAreBounded() {
        let long = String(repeating: "x", count: 8001)
        #expect(
            PromptFile.parse(Array("--negative_prompt \(long)".utf8)).problems.first?.contains("8000") == true
        )
        #expect(
            PromptFile.parse(Array("a --negative_prompt \(long.prefix(2001))".utf8)).problems
                == ["Line 1: negative_prompt has 2001 characters; at most 2000 are taken. Shorten it."])
        #expect(
            PromptFile.parse([UInt8](repeating: 0x61, count: 300_000)).problems.first?.contains("262144")
                == true)
    }
}
