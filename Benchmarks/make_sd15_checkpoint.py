#!/usr/bin/env python3
"""Writes a checkpoint with the sizes of Stable Diffusion 1.5 and random weights, to time engines on.

  python3 make_sd15_checkpoint.py OUT --tokenizer DIR

OUT becomes a diffusers folder of about 4.3 GB (float32). DIR is any folder with a CLIP tokenizer's vocab.json
and merges.txt (Models/toybox/tokenizer will do: random weights understand no words).
Needs: torch diffusers transformers.
"""

import argparse
import json
import os
import shutil

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

parser = argparse.ArgumentParser()
parser.add_argument("out")
parser.add_argument("--tokenizer", required=True)
options = parser.parse_args()
torch.manual_seed(0)

UNet2DConditionModel(
    sample_size=64,
    in_channels=4,
    out_channels=4,
    block_out_channels=(320, 640, 1280, 1280),
    layers_per_block=2,
    cross_attention_dim=768,
    attention_head_dim=8,
).save_pretrained(f"{options.out}/unet")
AutoencoderKL(
    down_block_types=["DownEncoderBlock2D"] * 4,
    up_block_types=["UpDecoderBlock2D"] * 4,
    block_out_channels=(128, 256, 512, 512),
    layers_per_block=2,
    latent_channels=4,
    norm_num_groups=32,
    sample_size=512,
).save_pretrained(f"{options.out}/vae")
CLIPTextModel(
    CLIPTextConfig(
        vocab_size=49408,
        hidden_size=768,
        intermediate_size=3072,
        num_hidden_layers=12,
        num_attention_heads=12,
        max_position_embeddings=77,
        hidden_act="quick_gelu",
    )
).save_pretrained(f"{options.out}/text_encoder")

shutil.copytree(options.tokenizer, f"{options.out}/tokenizer", dirs_exist_ok=True)
path = f"{options.out}/tokenizer/tokenizer_config.json"
tokenizer = json.load(open(path))
tokenizer["model_max_length"] = 77
json.dump(tokenizer, open(path, "w"), indent=1)
os.makedirs(f"{options.out}/scheduler", exist_ok=True)
json.dump(
    {
        "_class_name": "PNDMScheduler",
        "num_train_timesteps": 1000,
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "skip_prk_steps": True,
        "set_alpha_to_one": False,
        "steps_offset": 1,
        "trained_betas": None,
        "clip_sample": False,
    },
    open(f"{options.out}/scheduler/scheduler_config.json", "w"),
    indent=1,
)
json.dump(
    {
        "_class_name": "StableDiffusionPipeline",
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "scheduler": ["diffusers", "PNDMScheduler"],
    },
    open(f"{options.out}/model_index.json", "w"),
    indent=1,
)
