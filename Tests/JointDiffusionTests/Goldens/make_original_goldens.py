#!/usr/bin/env python3
"""Small checkpoints in the original layout: one file, with the names of CompVis, Stability and OpenCLIP.

  python3 make_original_goldens.py --tokenizer tokenizer --out original

Each is made as a diffusers folder (make_pipeline_goldens.py) and renamed by the tables below; diffusers' own converters
(loaders/single_file_utils.py) must then give every tensor back, or nothing is written. The weights are not stored: see
hashed_weights.py. OUT/<checkpoint>/ receives config/, tensors.json and networks.safetensors as there, and
  original.json  key in the one file -> [shape, [[component, key, shape], ...]]: what stands in it, one below another;
                 the component "extra" is of tensors that only the one file has
The text encoder of Stable Diffusion 2 is one layer longer in the file than in the folder.
Made with torch 2.15, diffusers 0.42.1, transformers 5.24.
"""

import argparse, json, os, re, shutil, tempfile
import numpy as np, torch
from safetensors.torch import load_file, save_file
from diffusers.loaders import single_file_utils as known
from transformers import CLIPTextModel
import hashed_weights, make_pipeline_goldens as goldens

V2 = dict(goldens.DDIM, prediction_type="v_prediction")
TOKENS = 630
CHECKPOINTS = {
    # Heads: 8 a level in version 1, of 64 channels in version 2; 64 channels in text encoders. 32 groups everywhere.
    "sd1": dict(channels=(32, 64, 64), heads=8, groups=32, layers=2, vae=(32, 64), vae_layers=2, text_width=64, text_heads=1),
    "sd1-inpainting": dict(
        channels=(32, 64), heads=8, groups=32, known=True, vae=(32, 32, 64), text_width=64, text_heads=1, text_layers=3
    ),
    "sd2": dict(
        channels=(64, 128),
        down=(goldens.CROSS, goldens.CROSS),
        heads=(1, 2),
        groups=32,
        linear=True,
        vae=(32, 64),
        text_width=128,
        text_heads=2,
        text_act="gelu",
        scheduler=V2,
    ),
}
UNET_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
OPEN_CLIP = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}


def unet_key(key, spec):
    layers, levels = spec["layers"], len(spec["channels"])
    down = spec["down"] or (goldens.CROSS,) * (levels - 1) + (goldens.PLAIN,)
    for a, b in {
        "time_embedding.linear_1": "time_embed.0",
        "time_embedding.linear_2": "time_embed.2",
        "conv_in": "input_blocks.0.0",
        "conv_norm_out": "out.0",
        "conv_out": "out.2",
        "mid_block.resnets.0": "middle_block.0",
        "mid_block.attentions.0": "middle_block.1",
        "mid_block.resnets.1": "middle_block.2",
    }.items():
        key = re.sub("^" + re.escape(a) + r"\b", b, key)
    for side, first in (("down", 1), ("up", 0)):
        found = re.match(rf"{side}_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.*)", key)
        if not found:
            continue
        block, kind, layer, rest = int(found[1]), found[2], int(found[3]), found[4]
        number = block * (layers + 1) + layer + first
        if kind in ("resnets", "attentions"):
            key = f"{'input' if side == 'down' else 'output'}_blocks.{number}.{'01'[kind == 'attentions']}.{rest}"
        elif kind == "downsamplers":
            key = f"input_blocks.{(block + 1) * (layers + 1)}.0.{rest.replace('conv', 'op')}"
        else:
            place = 2 if down[levels - 1 - block] == goldens.CROSS else 1
            key = f"output_blocks.{block * (layers + 1) + layers}.{place}.{rest}"
    if "blocks" in key and ".0." in key or key.startswith(("middle_block.0", "middle_block.2")):
        for a, b in UNET_RESNET.items():
            key = re.sub(rf"^((?:input|output)_blocks\.\d+\.0|middle_block\.[02])\.{a}\b", rf"\1.{b}", key)
    return "model.diffusion_model." + key


def vae_key(key, spec):
    last = len(spec["vae"]) - 1
    key = re.sub(r"^decoder\.up_blocks\.(\d+)", lambda m: f"decoder.up.{last - int(m[1])}", key)
    for a, b in (
        ("down_blocks", "down"),
        (r"mid_block\.resnets\.0", "mid.block_1"),
        (r"mid_block\.resnets\.1", "mid.block_2"),
        (r"mid_block\.attentions\.0", "mid.attn_1"),
        ("resnets", "block"),
        (r"downsamplers\.0", "downsample"),
        (r"upsamplers\.0", "upsample"),
        ("conv_shortcut", "nin_shortcut"),
        ("conv_norm_out", "norm_out"),
        ("group_norm", "norm"),
        (r"to_q\b", "q"),
        (r"to_k\b", "k"),
        (r"to_v\b", "v"),
        (r"to_out\.0", "proj_out"),
    ):
        key = re.sub(a, b, key)
    return "first_stage_model." + key


def open_clip_key(key):
    for a, b in (
        (r"^embeddings\.token_embedding", "token_embedding"),
        (r"^embeddings\.position_embedding\.weight", "positional_embedding"),
        (r"^final_layer_norm", "ln_final"),
        (r"^encoder\.layers", "transformer.resblocks"),
    ):
        key = re.sub(a, b, key)
    for a, b in OPEN_CLIP.items():
        key = key.replace(a, b)
    key = re.sub(r"self_attn\.[qkv]_proj\.", "attn.in_proj_", key)
    return "cond_stage_model.model." + key


def extras(spec, shapes, version2):
    """What such files hold besides: names and shapes."""
    width = spec["text_width"]
    out = {
        "betas": [1000],
        "sqrt_alphas_cumprod": [1000],
        "first_stage_model.loss.logvar": [1],
        "model_ema.decay": [1],
        "model_ema.diffusion_modelinput_blocks00weight": shapes["conv_in.weight"],
    }
    if version2:
        layer = f"cond_stage_model.model.transformer.resblocks.{spec['text_layers']}."
        out |= {
            "cond_stage_model.model.text_projection": [width, width],
            "cond_stage_model.model.logit_scale": [1],
            layer + "ln_1.weight": [width],
            layer + "attn.in_proj_weight": [3 * width, width],
            layer + "attn.in_proj_bias": [3 * width],
        }
    else:
        out["cond_stage_model.transformer.text_model.embeddings.position_ids"] = [1, 16]
    return out


def original(spec, tensors, version2):
    """key -> [shape, parts]"""
    out = {}

    def add(key, component, source, shape):
        out.setdefault(key, []).append([component, source, list(shape)])

    for source, shape in tensors["unet"]["shapes"].items():
        add(unet_key(source, spec), "unet", source, shape)
    for source, shape in tensors["vae"]["shapes"].items():
        add(vae_key(source, spec), "vae", source, shape)
    order = lambda item: ("qkv".find(m[1]) if (m := re.search(r"self_attn\.([qkv])_proj", item[0])) else 0)
    for source, shape in sorted(tensors["text_encoder"]["shapes"].items(), key=order):
        if version2:
            add(open_clip_key(source), "text_encoder", source, shape)
        else:
            add("cond_stage_model.transformer.text_model." + source, "text_encoder", source, shape)
    for key, shape in extras(spec, tensors["unet"]["shapes"], version2).items():
        add(key, "extra", key, shape)

    def whole(key, parts):
        shape = parts[0][2] if len(parts) == 1 else [3 * parts[0][2][0]] + parts[0][2][1:]
        # The VAE's attention is stored as 1x1 convolutions.
        return shape + [1, 1] if key.startswith("first_stage_model") and ".attn_1." in key and len(shape) == 2 else shape

    return {key: [whole(key, parts), parts] for key, parts in sorted(out.items())}


def one_file(table):
    read = lambda part: torch.from_numpy(hashed_weights.tensor(*part))
    return {key: torch.cat([read(p) for p in parts]).reshape(shape) for key, (shape, parts) in table.items()}


def check(spec, folder, table, version2):
    """diffusers' converters give the folder's tensors back."""
    file = one_file(table)
    unet = json.load(open(folder + "/unet/config.json"))
    vae = json.load(open(folder + "/vae/config.json"))
    text = CLIPTextModel.from_pretrained(folder, subfolder="text_encoder")
    whole = dict(file)
    converted = {
        "unet": known.convert_ldm_unet_checkpoint(dict(whole), unet),
        "vae": known.convert_ldm_vae_checkpoint(dict(whole), vae),
        "text_encoder": known.convert_open_clip_checkpoint(text, dict(whole))
        if version2
        else known.convert_ldm_clip_checkpoint(dict(whole)),
    }
    for component, stem in (("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model"), ("text_encoder", "model")):
        expected = load_file(f"{folder}/{component}/{stem}.safetensors")
        actual = {re.sub(r"^text_model\.", "", k): v for k, v in converted[component].items()}
        for key, value in expected.items():
            assert torch.equal(actual[key].reshape(value.shape), value), (component, key)
        left = [k for k in set(actual) - set(expected) if f"layers.{spec['text_layers']}." not in k and k not in ("text_projection.weight", "embeddings.position_ids")]
        assert not left, (component, left[:5])
        print("   ", component, len(expected), "tensors come back")


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--out", required=True)
    o = a.parse_args()
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    for name, options in CHECKPOINTS.items():
        print(name)
        version2 = name == "sd2"
        size = 2 ** (len(options["vae"]) - 1)
        spec = goldens.checkpoint(vae_groups=32, sample=96 if version2 else 64, runs=[goldens.run("none", "none", size=(6 * size, 4 * size))], **options)
        with tempfile.TemporaryDirectory() as folder:
            tensors = goldens.build(spec, folder, o.tokenizer)
            table = original(spec, tensors, version2)
            check(spec, folder, table, version2)
            out = f"{o.out}/{name}"
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(
                folder, out + "/config", ignore=lambda _, names: [n for n in names if n.endswith(".safetensors") or n == "tokenizer"]
            )
            json.dump(tensors, open(out + "/tensors.json", "w"), separators=(",", ":"))
            json.dump(table, open(out + "/original.json", "w"), separators=(",", ":"))
            rng = np.random.default_rng(11)
            save_file(goldens.networks(spec, folder, rng), out + "/networks.safetensors")
    print(sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(o.out) for f in fs), "bytes")


if __name__ == "__main__":
    main()
