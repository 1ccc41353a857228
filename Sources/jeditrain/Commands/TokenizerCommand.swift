import ArgumentParser
import Foundation
import JointDiffusion
import SyntheticSubjects

/// `jeditrain tokenizer`: the first thing that a model from scratch needs.
struct TokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Make a tokenizer whose tokens are the words of captions.",
        discussion: """
            Writes OUT/vocab.json, merges.txt and tokenizer_config.json, in CLIP's layout. \
            The text encoder's config.json must say the vocab_size, bos_token_id and \
            eos_token_id that are printed.
            """)

    @Option(
        help: ArgumentHelp(
            "A text file with a caption a line; the toybox's captions by default.", valueName: "file"),
        completion: .file())
    var captions: String?
    @Option(help: ArgumentHelp("Ids of a caption, begin and end included.", valueName: "n"))
    var length = 32
    @Option(help: ArgumentHelp("The folder.", valueName: "dir"), completion: .directory) var out: String

    /// Captions of the toybox after which no new word is met.
    private static let toyboxCaptions = 20_000

    func run() throws {
        let texts: [String]
        if let captions {
            texts = try String(contentsOfFile: captions, encoding: .utf8).split(separator: "\n").map(
                String.init)
        } else {
            let toybox = Toybox(seed: 0)
            texts = (0..<Self.toyboxCaptions).map { toybox.caption(subject: $0, image: 0) }
        }
        let size = try TokenizerLearner(texts).write(to: out, maximumLength: length)
        print("\(out): vocab_size \(size), bos_token_id \(size - 2), eos_token_id \(size - 1)")
    }

    func validate() throws {
        guard (8...1024).contains(length) else { throw ValidationError("--length must be 8 to 1024") }
    }
}
