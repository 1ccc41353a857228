#!/usr/bin/env python3
"""What a text encoder makes of captions with textual-inversion words in them, as diffusers loads those.

  python3 make_embedding_goldens.py --tokenizer tokenizer --out embeddings

The checkpoint is "epsilon" of make_pipeline_goldens.py. The files' tensors are hashed (hashed_weights.py, component
"embedding", key the word): "<toy>" [32], "wool*" [3, 32]. OUT.json holds the captions; OUT.safetensors text_hidden [n, L, C].
Made with torch 2.15, diffusers 0.42.1, transformers 5.24.
"""

import argparse, json, tempfile
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTokenizer
import hashed_weights, make_pipeline_goldens as goldens

WORDS = {"<toy>": (32,), "wool*": (3, 32)}
CAPTIONS = [
    "a photo of <toy> on a beach",
    "<toy>",
    "wool* cat, <toy>!",
    "the cat",
    "a robot cat in wool* on the moon and a very long caption about the sea wool*",
]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--out", required=True)
    o = a.parse_args()
    torch.set_grad_enabled(False)
    with tempfile.TemporaryDirectory() as folder:
        goldens.build(goldens.CHECKPOINTS["epsilon"], folder, o.tokenizer)
        pipe = StableDiffusionPipeline(
            vae=AutoencoderKL.from_pretrained(folder, subfolder="vae"),
            text_encoder=CLIPTextModel.from_pretrained(folder, subfolder="text_encoder"),
            tokenizer=CLIPTokenizer.from_pretrained(folder, subfolder="tokenizer"),
            unet=UNet2DConditionModel.from_pretrained(folder, subfolder="unet"),
            scheduler=DDIMScheduler(),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
        for word, shape in WORDS.items():
            value = torch.from_numpy(hashed_weights.tensor("embedding", word, shape))
            pipe.load_textual_inversion({word: value}, token=word)
        captions = [pipe.maybe_convert_prompt(c, pipe.tokenizer) for c in CAPTIONS]
        print(captions)
        tok = pipe.tokenizer
        ids = [tok(c, padding="max_length", max_length=tok.model_max_length, truncation=True)["input_ids"] for c in captions]
        print(ids)
        hidden = pipe.text_encoder(torch.tensor(ids))[0]
        save_file({"text_hidden": hidden.contiguous()}, o.out + ".safetensors")
        json.dump(CAPTIONS, open(o.out + ".json", "w"))


if __name__ == "__main__":
    main()
