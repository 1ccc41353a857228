#!/usr/bin/env python3
"""What diffusers' AutoencoderTiny makes of a picture and of latents, and the names of its tensors in TAESD's own files.

  python3 make_taesd_goldens.py --out taesd

The weights are hashed (hashed_weights.py, component "vae", diffusers' keys). OUT.json: "encoder" and "decoder" -> {key in
the published file: [diffusers' key, shape]}; OUT.safetensors: image uint8 [h, w, 3], encoded [1, 4, h/4, w/4], latents
[1, 4, h, w], decoded [1, 3, 4h, 4w] in -1...1. The published lists number a layer that clamps, so that the decoder's keys
are one higher; a network made of them by these names alone must agree.
Made with torch 2.15, diffusers 0.42.1.
"""

import argparse, json
import torch
from torch.nn import functional as F
from diffusers import AutoencoderTiny
from safetensors.torch import save_file
import hashed_weights

WIDTH = 12


def published(key):
    side, _, number, rest = key.split(".", 3)
    return side, f"{int(number) + (side == 'decoder')}.{rest}"


def run(side, weights, x):
    """By the published names alone: what has no weights clamps, is a ReLU, or doubles the size."""

    def convolve(x, name, stride=1):
        return F.conv2d(x, weights[name + ".weight"], weights.get(name + ".bias"), stride, padding=1)

    for i in range(1 + max(int(key.split(".")[0]) for key in weights)):
        if f"{i}.conv.0.weight" in weights:
            y = x
            for j in (0, 2, 4):
                y = convolve(y, f"{i}.conv.{j}")
                y = F.relu(y) if j < 4 else F.relu(x + y)
            x = y
        elif f"{i}.weight" in weights:
            x = convolve(x, str(i), 2 if side == "encoder" and f"{i}.bias" not in weights else 1)
        elif i == 0:
            x = 3 * torch.tanh(x / 3)
        elif i == 2:
            x = F.relu(x)
        else:
            x = F.interpolate(x, scale_factor=2)
    return x


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--out", required=True)
    o = a.parse_args()
    torch.set_grad_enabled(False)
    vae = AutoencoderTiny(
        latent_channels=4,
        encoder_block_out_channels=(WIDTH,) * 3,
        num_encoder_blocks=(1, 2, 2),
        decoder_block_out_channels=(WIDTH,) * 3,
        num_decoder_blocks=(2, 2, 1),
    ).eval()
    shapes = {key: list(value.shape) for key, value in vae.state_dict().items()}
    vae.load_state_dict({k: torch.from_numpy(hashed_weights.tensor("vae", k, s)) for k, s in shapes.items()})
    names, weights = {"encoder": {}, "decoder": {}}, {"encoder": {}, "decoder": {}}
    for key, shape in shapes.items():
        side, name = published(key)
        names[side][name] = [key, shape]
        weights[side][name] = vae.state_dict()[key]

    generator = torch.Generator().manual_seed(1)
    image = torch.randint(0, 256, (16, 24, 3), dtype=torch.uint8, generator=generator)
    pixels = image.permute(2, 0, 1)[None].float() / 127.5 - 1
    latents = 2 * torch.randn(1, 4, 5, 6, generator=generator)
    encoded, decoded = vae.encode(pixels).latents, vae.decode(latents).sample
    torch.testing.assert_close(run("encoder", weights["encoder"], (pixels + 1) / 2), encoded)
    torch.testing.assert_close(run("decoder", weights["decoder"], latents) * 2 - 1, decoded)
    outputs = {"image": image, "encoded": encoded, "latents": latents, "decoded": decoded}
    save_file({k: v.contiguous() for k, v in outputs.items()}, o.out + ".safetensors")
    json.dump(names, open(o.out + ".json", "w"))


if __name__ == "__main__":
    main()
