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

    @Option(
        help: ArgumentHelp(
            """
            Another VAE than the model's: a diffusers folder of one (AutoencoderTiny, as TAESD's, is many times faster), \
            or a safetensors file in the original layout, or in TAESD's.
            """, valueName: "path"))
    var vae: String?
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "A LoRA file to add, in kohya's or diffusers' names; 1 is the weight by default. May be repeated.",
            valueName: "file[:weight]"))
    var lora: [WeightedAdapter] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            """
            A textual-inversion file in safetensors, and the word that stands for it in prompts: by default the one in \
            the file, or its name. May be repeated.
            """, valueName: "file[:word]"))
    var embedding: [TextEmbedding] = []

    /// The model at that path, with these.
    func source(_ path: String) throws -> ModelSource {
        ModelSource(path: path, tokenizer: tokenizer, autoencoder: vae, adapters: lora, embeddings: embedding)
    }
}

extension TextEmbedding: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension WeightedAdapter: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
