#!/usr/bin/env python3
"""What LoRA files make of a small checkpoint, as diffusers and peft load them (in the text encoder: as PyTorch adds
them to its weights by hand).

  python3 make_lora_goldens.py --tokenizer tokenizer --out lora

The checkpoint is "epsilon" of make_pipeline_goldens.py. OUT.json holds "files": name -> {key: shape}, a number standing for
the tensor of that one value, and "cases": [[[file, weight], ...], ...]; the weights are hashed (hashed_weights.py), the
component being the file's name. OUT.safetensors holds, per case number, text_hidden/N and unet_output/N for the inputs of
pipeline/epsilon/networks.safetensors.
Made with torch 2.15, diffusers 0.42.1, transformers 5.24, peft 0.21.2.
"""

import argparse, json, re, tempfile
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel, CLIPTokenizer
import hashed_weights, make_pipeline_goldens as goldens

ATTENTION = r"(attn[12]\.to_(q|k|v|out\.0)|ff\.net\.(0\.proj|2)|proj_(in|out))$"
TEXT = r"(self_attn\.(q|k|v|out)_proj|mlp\.fc[12])$"
OTHERS = r"(resnets\.\d\.(conv1|conv2|conv_shortcut|time_emb_proj)|conv_in|conv_out|samplers\.0\.conv|linear_[12])$"
CASES = [
    [["kohya", 1.0]],
    [["locon", 0.7]],
    [["peft", 1.0]],
    [["old", -0.4]],
    [["kohya", 0.5], ["locon", 1.2], ["peft", -0.3]],
]


def modules(tensors, pattern):
    """path -> shape of the weight"""
    return {k[:-7]: s for k, s in tensors.items() if k.endswith(".weight") and re.search(pattern, k[:-7])}


def pair(shape, rank):
    """Shapes of the two factors."""
    return [rank, *shape[1:]], [shape[0], rank, *[1] * (len(shape) - 2)]


def files(unet, text):
    kohya, locon, peft, old = {}, {}, {}, {}

    def add(file, name, shape, rank, down, up, alpha=None):
        file[f"{name}{down}.weight"], file[f"{name}{up}.weight"] = pair(shape, rank)
        if alpha is not None:
            file[f"{name}.alpha"] = alpha

    flat = lambda path: path.replace(".", "_")
    for path, shape in modules(unet, ATTENTION).items():
        add(kohya, "lora_unet_" + flat(path), shape, 4, ".lora_down", ".lora_up", 2.0)
        add(peft, "unet." + path, shape, 3, ".lora_A", ".lora_B")
        if "attn" in path:
            processor = re.sub(r"(attn[12])\.to_(q|k|v|out)(\.0)?$", r"\1.processor.to_\2", path)
            add(old, "unet." + processor, shape, 2, "_lora.down", "_lora.up")
        else:
            add(old, "unet." + path, shape, 2, ".lora.down", ".lora.up")
    for path, shape in modules(unet, OTHERS).items():
        # In a file with some alphas diffusers takes the most common one where there is none; elsewhere that is the rank.
        add(locon, "lora_unet_" + flat(path), shape, 3, ".lora_down", ".lora_up", 1.0)
    for path, shape in modules(text, TEXT).items():
        plain = path.removeprefix("text_model.")
        add(kohya, "lora_te_text_model_" + flat(plain), shape, 4, ".lora_down", ".lora_up", 3.0)
        add(peft, "text_encoder.text_model." + plain, shape, 5, ".lora_A", ".lora_B")
        if "self_attn" in plain:
            name = re.sub(r"(q|k|v|out)_proj$", r"to_\1", plain)
            add(old, "text_encoder.text_model." + name, shape, 2, "_lora.down", "_lora.up")
        else:
            add(old, "text_encoder.text_model." + plain, shape, 2, ".lora_linear_layer.down", ".lora_linear_layer.up")
    return {"kohya": kohya, "locon": locon, "peft": peft, "old": old}


def tensors(name, file):
    return {
        k: torch.tensor(v) if isinstance(v, float) else torch.from_numpy(hashed_weights.tensor(name, k, v)) for k, v in file.items()
    }


def merge_text(encoder, file, weight):
    """The text encoder's weights with the products added, by hand: diffusers does not find its modules."""
    modules = dict(encoder.named_modules())
    found = 0
    for key in file:
        if not re.search(r"(lora_down|lora_A|lora\.down|lora_linear_layer\.down)\.weight$", key) or key.startswith(("lora_unet", "unet")):
            continue
        up = key.replace("lora_A", "lora_B").replace("down", "up")
        alpha = file.get(key.split(".")[0] + ".alpha", torch.tensor(float(file[key].shape[0])))
        name = re.sub(r"to_(q|k|v|out)_lora", r"\1_proj", key)
        name = name.replace("text_encoder.text_model.", "").replace("lora_te_text_model_", "")
        path = max((p for p in modules if name.replace("_", ".").startswith(p.replace("_", ".") + ".")), key=len)
        modules[path].weight += file[up] @ file[key] * (weight * alpha / file[key].shape[0])
        found += 1
    return found


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--out", required=True)
    o = a.parse_args()
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        shapes = goldens.build(goldens.CHECKPOINTS["epsilon"], folder, o.tokenizer)
        all_files = files(shapes["unet"]["shapes"], shapes["text_encoder"]["shapes"])
        inputs = load_file("pipeline/epsilon/networks.safetensors")
        result = {}
        for number, case in enumerate(CASES):
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
            for name, weight in case:
                file = tensors(name, all_files[name])
                of_unet = {k: v for k, v in file.items() if k.startswith(("lora_unet_", "unet."))}
                pipe.load_lora_weights(dict(of_unet), adapter_name=name)
                merge_text(pipe.text_encoder, file, weight)
            pipe.set_adapters([name for name, _ in case], [weight for _, weight in case])
            hidden = pipe.text_encoder(inputs["text_ids"].long())[0]
            output = pipe.unet(inputs["unet_sample"], inputs["unet_timestep"], hidden)[0]
            moved = [(x - y).norm() / y.norm() for x, y in ((hidden, inputs["text_hidden"]), (output, inputs["unet_output"]))]
            print(case, "text encoder moves by %.3f, U-Net by %.3f" % tuple(moved))
            result[f"text_hidden/{number}"], result[f"unet_output/{number}"] = hidden, output
        save_file({k: v.contiguous() for k, v in result.items()}, o.out + ".safetensors")
        json.dump({"files": all_files, "cases": CASES}, open(o.out + ".json", "w"), separators=(",", ":"))


if __name__ == "__main__":
    main()
