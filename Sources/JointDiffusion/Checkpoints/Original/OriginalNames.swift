/// The names of the original layout (CompVis', Stability's and OpenCLIP's) beside those of diffusers and
/// transformers, each for one network of a file.
///
/// A row stands for a module: what its keys begin with in the file, and what the model's own begin with. Blocks
/// are numbered by the file's own numbers of levels and layers.
struct OriginalNames {
    typealias Row = (original: String, diffusers: String)

    private var toDiffusers: [String: String] = [:]
    private var toOriginal: [String: String] = [:]

    init(_ rows: [Row]) {
        for row in rows {
            toDiffusers[row.original] = row.diffusers
            toOriginal[row.diffusers] = row.original
        }
    }

    /// The model's key for one of the file's; nil where no row fits.
    func diffusers(_ key: String) -> String? { Self.renamed(key, by: toDiffusers) }

    /// The file's key for one of the model's; nil where no row fits.
    func original(_ key: String) -> String? { Self.renamed(key, by: toOriginal) }

    /// By the row that says most.
    private static func renamed(_ key: String, by table: [String: String]) -> String? {
        if let whole = table[key] { return whole }
        var prefix = key[...]
        while let dot = prefix.lastIndex(of: ".") {
            prefix = prefix[..<dot]
            if let found = table[String(prefix)] { return found + key[dot...] }
        }
        return nil
    }

    // MARK: The tables

    /// Below `model.diffusion_model.`
    static func unet(_ shape: UNetConfiguration) -> OriginalNames {
        var rows: [Row] = [
            ("time_embed.0", "time_embedding.linear_1"),
            ("time_embed.2", "time_embedding.linear_2"),
            ("input_blocks.0.0", "conv_in"),
            ("middle_block.1", "mid_block.attentions.0"),
            ("out.0", "conv_norm_out"),
            ("out.2", "conv_out"),
        ]
        rows += resnet("middle_block.0", "mid_block.resnets.0")
        rows += resnet("middle_block.2", "mid_block.resnets.1")
        // Blocks are counted through all levels, the way down from 1 and the way up from 0.
        var (input, output) = (1, 0)
        let levels = shape.blockChannels.count
        for level in 0..<levels {
            let block = "down_blocks.\(level)"
            for layer in 0..<shape.layersPerBlock[level] {
                rows += resnet("input_blocks.\(input).0", "\(block).resnets.\(layer)")
                rows.append(("input_blocks.\(input).1", "\(block).attentions.\(layer)"))
                input += 1
            }
            if level < levels - 1 {
                rows.append(("input_blocks.\(input).0.op", "\(block).downsamplers.0.conv"))
                input += 1
            }
        }
        for index in 0..<levels {
            let block = "up_blocks.\(index)"
            let hasAttention = shape.upBlocks[index] == .crossAttention
            let last = shape.layersPerBlock[levels - 1 - index]
            for layer in 0...last {
                rows += resnet("output_blocks.\(output).0", "\(block).resnets.\(layer)")
                if hasAttention { rows.append(("output_blocks.\(output).1", "\(block).attentions.\(layer)")) }
                if layer == last, index < levels - 1 {
                    rows.append(
                        ("output_blocks.\(output).\(hasAttention ? 2 : 1).conv", "\(block).upsamplers.0.conv")
                    )
                }
                output += 1
            }
        }
        return OriginalNames(rows)
    }

    /// A ResNet block of the U-Net.
    private static func resnet(_ original: String, _ diffusers: String) -> [Row] {
        [
            ("in_layers.0", "norm1"),
            ("in_layers.2", "conv1"),
            ("emb_layers.1", "time_emb_proj"),
            ("out_layers.0", "norm2"),
            ("out_layers.3", "conv2"),
            ("skip_connection", "conv_shortcut"),
        ].map { ("\(original).\($0)", "\(diffusers).\($1)") }
    }

    /// Below `first_stage_model.`
    static func autoencoder(levels: Int, layers: Int) -> OriginalNames {
        var rows: [Row] = [
            ("quant_conv", "quant_conv"),
            ("post_quant_conv", "post_quant_conv"),
        ]
        for coder in ["encoder", "decoder"] {
            rows += [
                ("\(coder).conv_in", "\(coder).conv_in"),
                ("\(coder).norm_out", "\(coder).conv_norm_out"),
                ("\(coder).conv_out", "\(coder).conv_out"),
                ("\(coder).mid.attn_1.norm", "\(coder).mid_block.attentions.0.group_norm"),
                ("\(coder).mid.attn_1.q", "\(coder).mid_block.attentions.0.to_q"),
                ("\(coder).mid.attn_1.k", "\(coder).mid_block.attentions.0.to_k"),
                ("\(coder).mid.attn_1.v", "\(coder).mid_block.attentions.0.to_v"),
                ("\(coder).mid.attn_1.proj_out", "\(coder).mid_block.attentions.0.to_out.0"),
            ]
            rows += pixelResnet("\(coder).mid.block_1", "\(coder).mid_block.resnets.0")
            rows += pixelResnet("\(coder).mid.block_2", "\(coder).mid_block.resnets.1")
        }
        for level in 0..<levels {
            for layer in 0..<layers {
                rows += pixelResnet(
                    "encoder.down.\(level).block.\(layer)", "encoder.down_blocks.\(level).resnets.\(layer)")
            }
            // The original counts the way up from the finest level, diffusers from the coarsest.
            let block = "decoder.up_blocks.\(levels - 1 - level)"
            for layer in 0...layers {
                rows += pixelResnet("decoder.up.\(level).block.\(layer)", "\(block).resnets.\(layer)")
            }
            rows += [
                ("encoder.down.\(level).downsample.conv", "encoder.down_blocks.\(level).downsamplers.0.conv"),
                ("decoder.up.\(level).upsample.conv", "\(block).upsamplers.0.conv"),
            ]
        }
        return OriginalNames(rows)
    }

    /// A ResNet block of the VAE.
    private static func pixelResnet(_ original: String, _ diffusers: String) -> [Row] {
        [
            ("norm1", "norm1"), ("conv1", "conv1"), ("norm2", "norm2"), ("conv2", "conv2"),
            ("nin_shortcut", "conv_shortcut"),
        ].map { ("\(original).\($0)", "\(diffusers).\($1)") }
    }

    /// Below `cond_stage_model.transformer.`: transformers' own names.
    static func textEncoder(prefix: String) -> OriginalNames {
        OriginalNames(
            ["embeddings", "encoder", "final_layer_norm"].map { ("\(prefix)\($0)", $0) })
    }

    /// Below `cond_stage_model.model.`: OpenCLIP's names. Queries, keys and values stand in one tensor, see
    /// ``fused``.
    static func openCLIP(layers: Int) -> OriginalNames {
        var rows: [Row] = [
            ("token_embedding", "embeddings.token_embedding"),
            ("positional_embedding", "embeddings.position_embedding.weight"),
            ("ln_final", "final_layer_norm"),
        ]
        for layer in 0..<layers {
            rows += [
                ("ln_1", "layer_norm1"),
                ("ln_2", "layer_norm2"),
                ("mlp.c_fc", "mlp.fc1"),
                ("mlp.c_proj", "mlp.fc2"),
                ("attn.out_proj", "self_attn.out_proj"),
            ].map { ("transformer.resblocks.\(layer).\($0)", "encoder.layers.\(layer).\($1)") }
            for kind in ["weight", "bias"] {
                rows.append(
                    (
                        "transformer.resblocks.\(layer).attn.in_proj_\(kind)",
                        "encoder.layers.\(layer).self_attn.in_proj.\(kind)"
                    ))
            }
        }
        return OriginalNames(rows)
    }

    /// The three that one fused tensor holds, one below another.
    static let fused = ["q_proj", "k_proj", "v_proj"]
}
