import ArgumentParser
import JointDiffusion

/// What is added to a model, or lies elsewhere than it does.
struct ModelAdditions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The tokenizer's folder (vocab.json, merges.txt, tokenizer_config.json); by default 'tokenizer' in the \
            diffusers folder, or beside the file.
            """, valueName: "dir"))
    var tokenizer: String?

    /// The model at that path, with these.
    func source(_ path: String) throws -> ModelSource {
        ModelSource(path: path, tokenizer: tokenizer)
    }
}
