#!/usr/bin/env python3
"""Times jedid and PyTorch float32 on the same checkpoint, in turn, and prints the ratios.

  python3 compare_with_pytorch.py --jedid ../.build/release/jedid --model DIR [--size 512x512] [--threads 2] [--rounds 3]

The machine may be shared, so the two alternate and the median ratio counts. Needs: torch diffusers transformers.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--jedid", required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--size", default="512x512")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--pytorch-only", action="store_true", help=argparse.SUPPRESS)
options = parser.parse_args()
PARTS = {"unet_forward_s": "U-Net forward", "vae_decode_s": "VAE decode", "vae_encode_s": "VAE encode"}


def pytorch():
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel

    torch.set_grad_enabled(False)
    torch.set_num_threads(options.threads)
    width, height = (int(n) for n in options.size.split("x"))
    unet = UNet2DConditionModel.from_pretrained(options.model, subfolder="unet").float().eval()
    vae = AutoencoderKL.from_pretrained(options.model, subfolder="vae").float().eval()
    f = 2 ** (len(vae.config.block_out_channels) - 1)
    x = torch.randn(1, unet.config.in_channels, height // f, width // f)
    context = torch.randn(1, 77, unet.config.cross_attention_dim)
    z = torch.randn(1, vae.config.latent_channels, height // f, width // f)
    image = torch.randn(1, 3, height, width)

    def seconds(run):
        run()
        times = []
        for _ in range(2):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        return min(times)

    return {
        "unet_forward_s": seconds(lambda: unet(x, 500, context)),
        "vae_decode_s": seconds(lambda: vae.decode(z)),
        "vae_encode_s": seconds(lambda: vae.encode(image)),
    }


if options.pytorch_only:
    print(json.dumps(pytorch()))
    sys.exit()

ours, theirs = [], []
for round in range(options.rounds):
    command = [
        options.jedid,
        "benchmark",
        "--model",
        options.model,
        "--size",
        options.size,
        "--references",
        "0",
        "--threads",
        str(options.threads),
        "--repeat",
        "2",
        "--json",
    ]
    ours.append(json.loads(subprocess.check_output(command)))
    theirs.append(json.loads(subprocess.check_output([sys.executable] + sys.argv + ["--pytorch-only"])))
    print(
        f"round {round + 1}: "
        + ", ".join(f"{name} {ours[-1][key]:.2f} / {theirs[-1][key]:.2f} s" for key, name in PARTS.items()),
        flush=True,
    )
for key, name in PARTS.items():
    ratio = statistics.median(a[key] / b[key] for a, b in zip(ours, theirs))
    print(f"{name:14} {ratio:.2f} of PyTorch float32 (median of {options.rounds})")
print(f"peak memory    {max(a['peak_memory_bytes'] for a in ours) >> 20} MiB")
