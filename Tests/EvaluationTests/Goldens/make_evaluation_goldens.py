#!/usr/bin/env python3
"""What transformers and Pillow make of small random checkpoints and pictures: embeddings, prepared pictures, scores.

  python3 make_evaluation_goldens.py            from this folder; needs torch, transformers, Pillow, numpy

The weights and the pictures are not stored: see ../../JointDiffusionTests/Goldens/hashed_weights.py; byte i of picture
NAME is (z >> 56) of element i of the stream "picture/NAME", every third row of it blended into a ramp. Writes
  checkpoints.json      name -> kind, config.json as it stands, shapes; float32 in model.safetensors
  embeddings.safetensors  <clip>/ids [n, L], <clip>/text [n, E], <clip>/pixels [n, s, s, 3], <clip>/image [n, E];
                        <dino>/pixels, <dino>/class [n, C]
  pictures.safetensors  bicubic/<w>x<h> uint8 [h, w, 3] of the picture "odd" as Pillow resizes it; clip/<name> and
                        dino/<name> [s, s, 3], the pictures "odd" and "tall" as CLIPImageProcessorPil prepares them
  scores.json           of pictures against photos, all by transformers, with and without masks; see scores()
Made with torch 2.15, transformers 5.24, Pillow 13.0.
"""

import json, os, shutil, sys, tempfile
import numpy as np, torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file as save_torch
from safetensors.numpy import save_file
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPTokenizer, ViTConfig, ViTModel

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.path.join(HERE, "../../JointDiffusionTests/Goldens")
sys.path.insert(0, SHARED)
import hashed_weights

TEXTS = ["a photo of the robot cat on a beach, it's at night!", "", "picture of this toy bear in my city " * 4]
CLIP = dict(mean=[0.48145466, 0.4578275, 0.40821073], std=[0.26862954, 0.26130258, 0.27577711])
IMAGENET = dict(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])


def clip(text, vision, projection):
    return CLIPConfig(
        text_config=dict(vocab_size=630, max_position_embeddings=16, bos_token_id=628, pad_token_id=629, **text),
        vision_config=vision,
        projection_dim=projection,
    )


CHECKPOINTS = {
    # As openai's: quick_gelu; the end of a text is its highest id.
    "clip-first": clip(
        dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, eos_token_id=2),
        dict(hidden_size=24, intermediate_size=40, num_hidden_layers=3, num_attention_heads=3, image_size=30, patch_size=10),
        20,
    ),
    # As later ones: erf GELU, the end by its id; patches that leave a rest.
    "clip-later": clip(
        dict(hidden_size=20, intermediate_size=36, num_hidden_layers=1, num_attention_heads=5, eos_token_id=629, hidden_act="gelu"),
        dict(hidden_size=28, intermediate_size=52, num_hidden_layers=2, num_attention_heads=2, image_size=33, patch_size=7, hidden_act="gelu"),
        12,
    ),
    "dino": ViTConfig(
        hidden_size=24, num_hidden_layers=3, num_attention_heads=3, intermediate_size=40, image_size=28, patch_size=7
    ),
    "dino-without-bias": ViTConfig(
        hidden_size=20, num_hidden_layers=2, num_attention_heads=5, intermediate_size=36, image_size=25, patch_size=8,
        qkv_bias=False,
    ),
}


def kind(name):
    return name.split("-")[0]


def build(name, folder):
    """The checkpoint with hashed weights, saved and loaded again as any would be."""
    config = CHECKPOINTS[name]
    model = CLIPModel(config) if kind(name) == "clip" else ViTModel(config)
    model.save_pretrained(folder)
    path = os.path.join(folder, "model.safetensors")
    with safe_open(path, "pt") as file:
        shapes = {key: list(file.get_slice(key).get_shape()) for key in sorted(file.keys())}
    weights = {key: torch.from_numpy(hashed_weights.tensor(name, key, shape)) for key, shape in shapes.items()}
    save_torch(weights, path, metadata={"format": "pt"})
    model = type(model).from_pretrained(folder, attn_implementation="eager").eval()
    with open(os.path.join(folder, "config.json")) as file:
        return model, dict(kind=kind(name), config=json.load(file), shapes=shapes)


def picture(name, width, height):
    count = width * height * 3
    with np.errstate(over="ignore"):
        z = np.uint64(hashed_weights.seed("picture", name)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    noise = (z >> np.uint64(56)).astype(np.int64).reshape(height, width, 3)
    y, x, c = np.mgrid[:height, :width, :3]
    ramp = (5 * x + 3 * y + 70 * c) % 256
    return np.where(y % 3 == 0, noise, ramp).astype(np.uint8)


def mask(width, height):
    """A soft disc: white in the middle, grey at its rim."""
    y, x = np.mgrid[:height, :width]
    distance = (2 * x - width) ** 2 + (2 * y - height) ** 2
    return np.where(distance < 400, 255, np.where(distance < 900, 100, 0)).astype(np.uint8)


def masked(pixels, mask):
    return ((pixels.astype(np.int64) * mask[..., None] + 127) // 255).astype(np.uint8)


def prepare(pixels, model, name):
    side = (model.config.vision_config if kind(name) == "clip" else model.config).image_size
    shorter = side if kind(name) == "clip" else side * 256 // 224
    norm = CLIP if kind(name) == "clip" else IMAGENET
    processor = CLIPImageProcessorPil(
        size={"shortest_edge": shorter}, crop_size={"height": side, "width": side}, image_mean=norm["mean"],
        image_std=norm["std"], resample=Image.Resampling.BICUBIC,
    )
    return torch.from_numpy(np.asarray(processor(Image.fromarray(pixels))["pixel_values"][0]))


def unit(x):
    x = x.double()
    return x / x.norm(dim=-1, keepdim=True)


def clip_text(model, ids):
    pooled = model.text_model(input_ids=ids).pooler_output
    return model.text_projection(pooled)


def clip_image(model, pixels):
    return model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output)


def dino_class(model, pixels):
    return model(pixel_values=pixels).last_hidden_state[:, 0]


def scores(clip_model, dino_model, tokenizer):
    """Photos photo0 41x37 and photo1 64x30, pictures 0 and 1 of 36x36 for two prompts; the masks are discs."""
    photos = [picture("photo0", 41, 37), picture("photo1", 64, 30)]
    pictures = [picture("made0", 36, 36), picture("made1", 36, 36)]
    prompts = ["a photo of the cat", "the cat on a beach"]

    def places(all, model, name, embed):
        return unit(torch.cat([embed(model, prepare(p, model, name)[None]) for p in all]))

    def bare(all):
        return [masked(p, mask(p.shape[1], p.shape[0])) for p in all]

    ids = torch.tensor(tokenizer(prompts, padding="max_length", truncation=True).input_ids)
    text = unit(clip_text(clip_model, ids))
    result = [{}, {}]
    among = {}
    for metric, change, model, name, embed in [
        ("clip_i", list, clip_model, "clip-first", clip_image), ("masked_clip_i", bare, clip_model, "clip-first", clip_image),
        ("dino", list, dino_model, "dino", dino_class), ("masked_dino", bare, dino_model, "dino", dino_class),
    ]:
        seen, made = places(change(photos), model, name, embed), places(change(pictures), model, name, embed)
        for index in range(2):
            result[index][metric] = float((made[index] @ seen.T).mean())
            if metric == "clip_i":
                result[index]["clip_t"] = float(made[index] @ text[index])
        among[metric] = float(seen[0] @ seen[1])
    return dict(prompts=prompts, pictures=result, among_photos=among)


def main():
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    tokenizer = CLIPTokenizer.from_pretrained(os.path.join(SHARED, "tokenizer"))
    records, embeddings, models = {}, {}, {}
    for name in CHECKPOINTS:
        with tempfile.TemporaryDirectory() as folder:
            model, records[name] = build(name, folder)
        models[name] = model
        side = (model.config.vision_config if kind(name) == "clip" else model.config).image_size
        pixels = hashed_weights.uniform(hashed_weights.seed("pixels", name), 2 * side * side * 3)
        pixels = pixels.reshape(2, side, side, 3) * np.float32(2)
        embeddings[f"{name}/pixels"] = pixels
        first = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
        if kind(name) == "clip":
            ids = torch.tensor(tokenizer(TEXTS, padding="max_length", truncation=True).input_ids)
            embeddings[f"{name}/ids"] = ids.int().numpy()
            embeddings[f"{name}/text"] = clip_text(model, ids).numpy()
            embeddings[f"{name}/image"] = clip_image(model, first).numpy()
            # What CLIPModel itself says of them agrees.
            whole = model(input_ids=ids, pixel_values=first)
            assert torch.allclose(whole.text_embeds.double(), unit(torch.from_numpy(embeddings[f"{name}/text"])), atol=1e-6)
            assert torch.allclose(whole.image_embeds.double(), unit(torch.from_numpy(embeddings[f"{name}/image"])), atol=1e-6)
        else:
            embeddings[f"{name}/class"] = dino_class(model, first).numpy()
    odd, tall = picture("odd", 61, 47), picture("tall", 23, 58)
    prepared = {}
    for width, height in [(23, 17), (61, 20), (90, 47), (75, 70), (61, 47), (1, 1), (5, 61)]:
        prepared[f"bicubic/{width}x{height}"] = np.asarray(
            Image.fromarray(odd).resize((width, height), Image.Resampling.BICUBIC))
    for name, pixels in [("odd", odd), ("tall", tall)]:
        for model in ("clip-first", "clip-later", "dino", "dino-without-bias"):
            values = prepare(pixels, models[model], model)
            prepared[f"{model}/{name}"] = values.permute(1, 2, 0).float().contiguous().numpy()
    save_file({k: np.ascontiguousarray(v) for k, v in embeddings.items()}, os.path.join(HERE, "embeddings.safetensors"))
    save_file({k: np.ascontiguousarray(v) for k, v in prepared.items()}, os.path.join(HERE, "pictures.safetensors"))
    for file, value in [
        ("checkpoints.json", records), ("scores.json", scores(models["clip-first"], models["dino"], tokenizer)),
    ]:
        with open(os.path.join(HERE, file), "w") as out:
            json.dump(value, out, indent=1, sort_keys=True)
            out.write("\n")


if __name__ == "__main__":
    main()
