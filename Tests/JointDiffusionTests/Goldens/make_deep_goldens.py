#!/usr/bin/env python3
"""Walks whose steps reuse what the levels below the finest gave: final latents of diffusers' pipeline on small checkpoints.

  python3 make_deep_goldens.py --tokenizer tokenizer --out deep

The checkpoints are those of make_pipeline_goldens.py. What the last of `up_blocks` is given is kept in each `every`th step and
put in place of what it is given in the others. OUT.json lists the cases; OUT.safetensors holds per case number noise/N and
latent/N, [1, c, h, w]. Made with torch 2.15, diffusers 0.42.1.
"""

import argparse, json, tempfile
import numpy as np, torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file
import make_pipeline_goldens as goldens
from make_start_goldens import pipeline

CASES = [  # checkpoint, sampler, steps, every
    ("epsilon", "ddim", 5, 2),
    ("epsilon", "dpmpp_2m", 7, 3),
    ("plain-blocks", "euler", 5, 2),
]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--out", required=True)
    o = a.parse_args()
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    rng = np.random.default_rng(6)
    tensors, index = {}, []
    for number, (checkpoint, sampler, steps, every) in enumerate(CASES):
        with tempfile.TemporaryDirectory() as folder:
            latents = goldens.CHECKPOINTS[checkpoint]["latents"]
            pipe = pipeline(StableDiffusionPipeline, checkpoint, sampler, folder, o.tokenizer)
            passes, kept = [0], [None]

            def reuse(module, arguments, named):
                if passes[0] % every == 0:
                    kept[0] = named["hidden_states"]
                passes[0] += 1
                return arguments, named | {"hidden_states": kept[0]}

            pipe.unet.up_blocks[-1].register_forward_pre_hook(reuse, with_kwargs=True)
            noise = torch.from_numpy(rng.standard_normal((1, latents, 8, 12), dtype=np.float32))
            latent = pipe(
                prompt=goldens.DOG,
                negative_prompt="fish in the sea",
                num_inference_steps=steps,
                guidance_scale=5.0,
                output_type="latent",
                latents=noise.clone(),
                height=8 * pipe.vae_scale_factor,
                width=12 * pipe.vae_scale_factor,
            ).images
            assert passes[0] == steps
            tensors |= {f"noise/{number}": noise, f"latent/{number}": latent.contiguous()}
            index.append(dict(checkpoint=checkpoint, sampler=sampler, steps=steps, every=every, scale=pipe.vae_scale_factor))
            print(index[-1], list(latent.shape), "std %.3f" % latent.std(), flush=True)
    save_file(tensors, o.out + ".safetensors")
    json.dump(index, open(o.out + ".json", "w"), indent=1)


if __name__ == "__main__":
    main()
