#!/usr/bin/env python3
"""Pictures that start from a picture, and parts of pictures: final latents of diffusers' pipelines on small checkpoints.

  python3 make_start_goldens.py --tokenizer tokenizer --out start

The checkpoints are those of make_pipeline_goldens.py. OUT.json lists the cases; OUT.safetensors holds per case number
image/N uint8 [h, w, 3], mask/N uint8 [h, w] (255: to be made; inpainting only), noise/N [1, c, h', w'] and latent/N.
The image's latent is the mean of its distribution, and all noise is noise/N. Made with torch 2.15, diffusers 0.42.1.
"""

import argparse, json, tempfile
import numpy as np, torch
from PIL import Image
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    UNet2DConditionModel,
    UniPCMultistepScheduler,
)
from diffusers.pipelines.stable_diffusion import pipeline_stable_diffusion_img2img, pipeline_stable_diffusion_inpaint
from safetensors.torch import save_file
from transformers import CLIPTextModel, CLIPTokenizer
import make_pipeline_goldens as goldens

SAMPLERS = {
    "ddim": (DDIMScheduler, {}),
    "dpmpp_2m": (DPMSolverMultistepScheduler, {"algorithm_type": "dpmsolver++", "solver_order": 2}),
    "euler": (EulerDiscreteScheduler, {}),
    "unipc": (UniPCMultistepScheduler, {}),
}
CASES = [  # checkpoint, inpainting, sampler, steps, strength
    ("epsilon", False, "ddim", 7, 0.6),
    ("epsilon", False, "euler", 6, 0.5),
    ("epsilon", False, "dpmpp_2m", 9, 0.85),
    ("epsilon", False, "unipc", 8, 0.75),
    ("epsilon", False, "ddim", 4, 1.0),
    ("epsilon", True, "ddim", 6, 1.0),
    ("epsilon", True, "euler", 7, 0.7),
    ("epsilon", True, "dpmpp_2m", 8, 0.6),
    ("known-v", True, "ddim", 5, 1.0),
    ("known-v", True, "euler", 7, 0.7),
]


def pipeline(cls, checkpoint, sampler, folder, tokenizer):
    """A pipeline of diffusers with that checkpoint, which is built in the folder, and that sampler."""
    goldens.build(goldens.CHECKPOINTS[checkpoint], folder, tokenizer)
    load = lambda part, name: part.from_pretrained(folder, subfolder=name)
    scheduler, extra = SAMPLERS[sampler]
    pipe = cls(
        vae=load(AutoencoderKL, "vae"),
        text_encoder=load(CLIPTextModel, "text_encoder"),
        tokenizer=load(CLIPTokenizer, "tokenizer"),
        unet=load(UNet2DConditionModel, "unet"),
        scheduler=scheduler.from_config(scheduler.load_config(folder, subfolder="scheduler"), **extra),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--out", required=True)
    o = a.parse_args()
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    rng = np.random.default_rng(5)
    tensors, index = {}, []
    width, height = 24, 16
    for number, (checkpoint, inpainting, sampler, steps, strength) in enumerate(CASES):
        with tempfile.TemporaryDirectory() as folder:
            latents = goldens.CHECKPOINTS[checkpoint]["latents"]
            cls = StableDiffusionInpaintPipeline if inpainting else StableDiffusionImg2ImgPipeline
            pipe = pipeline(cls, checkpoint, sampler, folder, o.tokenizer)
            image = goldens.photo(rng, width, height)
            noise = torch.from_numpy(rng.standard_normal((1, latents, height // 2, width // 2), dtype=np.float32))
            for module in (pipeline_stable_diffusion_img2img, pipeline_stable_diffusion_inpaint):
                module.randn_tensor = lambda *_, **__: noise.clone()
                module.retrieve_latents = lambda output, *_, **__: output.latent_dist.mode()
            arguments = dict(
                prompt=goldens.DOG,
                negative_prompt="fish in the sea",
                image=Image.fromarray(image),
                strength=strength,
                num_inference_steps=steps,
                guidance_scale=5.0,
                output_type="latent",
                generator=torch.Generator().manual_seed(0),
            )
            if inpainting:
                mask = np.zeros((height, width), np.uint8)
                mask[3:13, 6:19] = 255
                mask[0, 0] = 127
                mask[0, 4] = 128
                arguments |= dict(mask_image=Image.fromarray(mask), height=height, width=width)
                tensors[f"mask/{number}"] = torch.from_numpy(mask)
            latent = pipe(**arguments).images
            tensors |= {
                f"image/{number}": torch.from_numpy(image.copy()),
                f"noise/{number}": noise,
                f"latent/{number}": latent.contiguous(),
            }
            index.append(dict(checkpoint=checkpoint, sampler=sampler, steps=steps, strength=strength, inpainting=inpainting))
            print(index[-1], list(latent.shape), "std %.3f" % latent.std(), flush=True)
    save_file(tensors, o.out + ".safetensors")
    json.dump(index, open(o.out + ".json", "w"), indent=1)


if __name__ == "__main__":
    main()
