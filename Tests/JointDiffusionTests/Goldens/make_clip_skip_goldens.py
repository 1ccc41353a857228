#!/usr/bin/env python3
"""What the text encoders of small checkpoints give when their last layers are left out, as diffusers does it.

  python3 make_clip_skip_goldens.py --tokenizer tokenizer --out clip_skip.safetensors

"<checkpoint>/<skipped layers>" [2, L, C] for the ids of pipeline/<checkpoint>/networks.safetensors: the hidden states
before the skipped layers, through the final norm. Made with torch 2.15, transformers 5.24.
"""

import argparse, tempfile
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel
import make_pipeline_goldens as goldens


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--out", required=True)
    o = a.parse_args()
    torch.set_grad_enabled(False)
    result = {}
    for name in ("epsilon", "plain-blocks"):
        with tempfile.TemporaryDirectory() as folder:
            goldens.build(goldens.CHECKPOINTS[name], folder, o.tokenizer)
            text = CLIPTextModel.from_pretrained(folder, subfolder="text_encoder").eval()
            ids = load_file(f"pipeline/{name}/networks.safetensors")["text_ids"].long()
            states = text(ids, output_hidden_states=True).hidden_states
            norm = next(m for n, m in text.named_modules() if n.endswith("final_layer_norm"))
            for skipped in range(len(states) - 1):
                result[f"{name}/{skipped}"] = norm(states[-(skipped + 1)]).contiguous()
    save_file(result, o.out)
    print({k: list(v.shape) for k, v in result.items()})


if __name__ == "__main__":
    main()
