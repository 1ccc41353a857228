#!/usr/bin/env python3
"""Captions with weighted words, in PyTorch: each token's hidden state times its weight, then the caption's mean restored.

  python3 make_weighted_prompt_goldens.py --tokenizer tokenizer --out weighted_prompts

The checkpoint is "epsilon" of make_pipeline_goldens.py. Each caption stands here with its segments and their weights, written
out by hand; OUT.json holds both, OUT.safetensors text_hidden [n, L, C]. Made with torch 2.15, transformers 5.24.
"""

import argparse, json, tempfile
import torch
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTokenizer
import make_pipeline_goldens as goldens

CAPTIONS = [
    ["a photo of the cat", [["a photo of the cat", 1]]],
    ["a (robot:1.4) cat", [["a ", 1], ["robot", 1.4], [" cat", 1]]],
    ["a ((robot)) cat on [the beach]", [["a ", 1], ["robot", 1.1 * 1.1], [" cat on ", 1], ["the beach", 1 / 1.1]]],
    ["(a (cat:0.5) in snow:1.2)", [["a ", 1.2], ["cat", 0.6], [" in snow", 1.2]]],
    [r"a \(cat\) at night: \\", [["a (cat) at night: \\", 1]]],
    ["a cat) in (the sea", [["a cat) in ", 1], ["the sea", 1.1]]],
    ["(moon:-0.5) fish", [["moon", -0.5], [" fish", 1]]],
    ["a (cat:x) and (: 1.3 )", [["a ", 1], ["cat:x", 1.1], [" and ", 1]]],
    ["(a very long caption about the robot cat on the beach at night:1.3) in the snow", [["a very long caption about the robot cat on the beach at night", 1.3], [" in the snow", 1]]],
]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--out", required=True)
    o = a.parse_args()
    torch.set_grad_enabled(False)
    with tempfile.TemporaryDirectory() as folder:
        goldens.build(goldens.CHECKPOINTS["epsilon"], folder, o.tokenizer)
        text = CLIPTextModel.from_pretrained(folder, subfolder="text_encoder").eval()
        tok = CLIPTokenizer.from_pretrained(folder, subfolder="tokenizer")
        result, length = [], tok.model_max_length
        for _, segments in CAPTIONS:
            pairs = [(i, w) for t, w in segments for i in tok(t, add_special_tokens=False)["input_ids"]][: length - 2]
            pairs = [(tok.bos_token_id, 1), *pairs, (tok.eos_token_id, 1)]
            pairs += [(tok.pad_token_id, 1)] * (length - len(pairs))
            hidden = text(torch.tensor([[i for i, _ in pairs]]))[0]
            weighted = hidden * torch.tensor([w for _, w in pairs], dtype=torch.float32)[None, :, None]
            result.append(weighted * (hidden.mean() / weighted.mean()))
        save_file({"text_hidden": torch.cat(result).contiguous()}, o.out + ".safetensors")
        json.dump(CAPTIONS, open(o.out + ".json", "w"), indent=1)


if __name__ == "__main__":
    main()
