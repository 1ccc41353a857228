#!/usr/bin/env python3
"""Final latents and single-network outputs of small diffusers checkpoints, as the reference implementation computes them.

  python3 make_pipeline_goldens.py --oracle joint_oracle.py --tokenizer tokenizer --out pipeline [--only NAME] [--sensitivity]

--oracle is the PyTorch program that defines the reference modes (joint_oracle.py); it runs unchanged, once per case.
The weights are not stored: see hashed_weights.py. OUT/<checkpoint>/ receives
  config/              the folder's JSON files, as diffusers wrote them
  tensors.json         component -> {key: shape}, float32, in each component's safetensors file
  networks.safetensors  text_ids [2, L], text_hidden [2, L, C]; unet_sample, unet_timestep, unet_context, unet_output
                       (all [n, c, h, w]); vae_image uint8 [h, w, 3], vae_mean (unscaled), vae_latent, vae_decoded
  <run>.json           prompt, negative, mode, steps, sampler, guidance, image_guidance, targets, references, width, height
  <run>.safetensors    noise, reference_noise, references uint8 [n, h, w, 3], latent, reference_latent (scaled)
--sensitivity reruns each case with the noise changed by 1e-6 relative and prints how far the latent moves.
Made with torch 2.15 (one thread), diffusers 0.42.1, transformers 5.23.
"""

import argparse, contextlib, glob, io, json, os, runpy, shutil, sys, tempfile
import numpy as np, torch
from PIL import Image
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer
import hashed_weights

SCALED = {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
DDIM = dict(
    SCALED,
    _class_name="DDIMScheduler",
    clip_sample=False,
    set_alpha_to_one=False,
    steps_offset=1,
    timestep_spacing="leading",
    prediction_type="epsilon",
    rescale_betas_zero_snr=False,
)
ZERO_SNR = dict(DDIM, prediction_type="v_prediction", timestep_spacing="trailing", rescale_betas_zero_snr=True)
PNDM = dict(
    SCALED,
    _class_name="PNDMScheduler",
    _diffusers_version="0.6.0",
    clip_sample=False,
    set_alpha_to_one=False,
    skip_prk_steps=True,
    steps_offset=1,
    trained_betas=None,
)
EULER = dict(
    SCALED,
    _class_name="EulerDiscreteScheduler",
    interpolation_type="linear",
    prediction_type="v_prediction",
    timestep_spacing="linspace",
    use_karras_sigmas=True,
    trained_betas=None,
    steps_offset=0,
    clip_sample=False,
)
CROSS, PLAIN = "CrossAttnDownBlock2D", "DownBlock2D"
DOG, CAT = "a photo of the robot cat on a beach, it's at night!", "picture of this toy bear in my city"


def run(
    name,
    mode,
    references=0,
    steps=4,
    sampler="ddim",
    guidance=5.0,
    image_guidance=None,
    targets=1,
    size=None,
    prompt=DOG,
    negative="",
):
    return dict(
        name=name,
        mode=mode,
        references=references,
        steps=steps,
        sampler=sampler,
        guidance=guidance,
        image_guidance=image_guidance,
        targets=targets,
        size=size,
        prompt=prompt,
        negative=negative,
    )


def checkpoint(
    channels=(16, 32),
    down=None,
    heads=4,
    latents=4,
    layers=1,
    groups=8,
    linear=False,
    known=False,
    sample=8,
    vae=(8, 16),
    vae_layers=1,
    vae_groups=8,
    tiny=False,
    scaling=0.18215,
    text_width=32,
    text_layers=2,
    text_heads=4,
    text_act="quick_gelu",
    text_prefix="",
    scheduler=DDIM,
    runs=(),
):
    return dict(locals())


CHECKPOINTS = {
    # Stable Diffusion 1's shape in small, with the text encoder's keys as its files have them.
    "epsilon": checkpoint(
        heads=2,
        text_prefix="text_model.",
        runs=[
            run("none", "none", steps=5, guidance=7.5, negative="fish in the sea"),
            run("none-unipc-2", "none", targets=2, sampler="unipc", guidance=1.0, prompt=CAT),
            run("matched-1", "matched", 1, sampler="dpmpp_2m", steps=5),
            run("matched-3-euler", "matched", 3, sampler="euler", image_guidance=1.5),
            run("joint-0", "joint", 0, steps=3),
        ],
    ),
    # What this project trains: known channels, v-prediction, zero terminal SNR.
    "known-v": checkpoint(
        known=True,
        linear=True,
        groups=4,
        scaling=1.3,
        scheduler=ZERO_SNR,
        runs=[
            run("joint-1", "joint", 1),
            run(
                "joint-3-two-targets",
                "joint",
                3,
                sampler="euler",
                image_guidance=1.5,
                targets=2,
                prompt=CAT,
                negative="ghost",
            ),
            run("cached-3", "cached", 3, sampler="dpmpp_2m", steps=6),
            run("cached-5-unipc", "cached", 5, sampler="unipc", targets=2, image_guidance=2.0),
            run("cached-0", "cached", 0, guidance=1.0, steps=3),
        ],
    ),
    "known-tiny": checkpoint(
        known=True,
        tiny=True,
        vae=(8, 8),
        latents=8,
        channels=(32, 64),
        heads=8,
        layers=2,
        groups=16,
        scaling=1.0,
        runs=[
            run("cached-3", "cached", 3, image_guidance=1.5, negative="a snow forest"),
            run("joint-5-karras", "joint", 5, sampler="dpmpp_2m_karras", steps=5),
            run("cached-1-euler", "cached", 1, sampler="euler", targets=2),
            run("cached-16", "cached", 16, steps=3),
            run("joint-16", "joint", 16, steps=2),
        ],
    ),
    # 19 x 11 latents: halves that round up, so that upsampling must aim at the skip's size.
    "odd-size": checkpoint(
        channels=(16, 32, 32),
        linear=True,
        scaling=0.9,
        runs=[
            run("none", "none", size=(38, 22), sampler="dpmpp_2m"),
            run("matched-1", "matched", 1, size=(38, 22), steps=3),
            run("joint-1-euler", "joint", 1, size=(22, 38), sampler="euler", steps=3),
        ],
    ),
    # A deeper VAE (factor 4), heads per level, Karras timesteps that are not whole numbers.
    "deep-vae": checkpoint(
        channels=(16, 32),
        heads=(2, 8),
        vae=(8, 16, 16),
        vae_layers=2,
        scaling=0.5,
        known=True,
        scheduler=EULER,
        runs=[
            run("cached-1-euler", "cached", 1, size=(40, 24), sampler="euler", image_guidance=1.2),
            run("joint-1-dpmpp", "joint", 1, size=(40, 24), sampler="dpmpp_2m"),
            run("none-ddim", "none", size=(24, 40), guidance=3.0),
        ],
    ),
    # Blocks without attention outside, another activation in the text encoder, Stable Diffusion 1's own scheduler file.
    "plain-blocks": checkpoint(
        channels=(16, 16, 32),
        down=(PLAIN, CROSS, PLAIN),
        heads=4,
        groups=4,
        text_act="gelu",
        text_width=24,
        text_layers=3,
        text_heads=3,
        scheduler=PNDM,
        runs=[
            run("matched-3-dpmpp-karras", "matched", 3, sampler="dpmpp_2m_karras"),
            run("none-unipc", "none", sampler="unipc", steps=6, targets=2),
            run("cached-1", "cached", 1, steps=3),
        ],
    ),
    "tiny-v": checkpoint(
        tiny=True,
        vae=(16, 16, 16),
        latents=4,
        scaling=2.0,
        heads=1,
        layers=1,
        scheduler=ZERO_SNR,
        runs=[
            run("matched-1-ddim", "matched", 1, image_guidance=1.5),
            run("none-euler", "none", sampler="euler"),
            run("matched-16", "matched", 16, steps=2),
        ],
    ),
}


def build(spec, folder, tokenizer):
    """A diffusers folder with hashed weights."""
    channels, latents = tuple(spec["channels"]), spec["latents"]
    down = spec["down"] or (CROSS,) * (len(channels) - 1) + (PLAIN,)
    up = tuple("CrossAttnUpBlock2D" if d == CROSS else "UpBlock2D" for d in reversed(down))
    UNet2DConditionModel(
        sample_size=spec["sample"],
        in_channels=2 * latents + 1 if spec["known"] else latents,
        out_channels=latents,
        block_out_channels=channels,
        layers_per_block=spec["layers"],
        norm_num_groups=spec["groups"],
        down_block_types=down,
        up_block_types=up,
        cross_attention_dim=spec["text_width"],
        attention_head_dim=spec["heads"],
        use_linear_projection=spec["linear"],
    ).save_pretrained(folder + "/unet")
    vae, n = tuple(spec["vae"]), len(spec["vae"])
    if spec["tiny"]:
        AutoencoderTiny(
            encoder_block_out_channels=vae,
            decoder_block_out_channels=vae,
            num_encoder_blocks=(1,) + (2,) * (n - 1),
            num_decoder_blocks=(2,) * (n - 1) + (1,),
            latent_channels=latents,
            scaling_factor=spec["scaling"],
        ).save_pretrained(folder + "/vae")
    else:
        AutoencoderKL(
            down_block_types=["DownEncoderBlock2D"] * n,
            up_block_types=["UpDecoderBlock2D"] * n,
            block_out_channels=vae,
            layers_per_block=spec["vae_layers"],
            latent_channels=latents,
            norm_num_groups=spec["vae_groups"],
            sample_size=spec["sample"] * 2 ** (n - 1),
            scaling_factor=spec["scaling"],
        ).save_pretrained(folder + "/vae")
    size = len(json.load(open(tokenizer + "/vocab.json")))
    length = json.load(open(tokenizer + "/tokenizer_config.json"))["model_max_length"]
    CLIPTextModel(
        CLIPTextConfig(
            vocab_size=size,
            hidden_size=spec["text_width"],
            intermediate_size=4 * spec["text_width"],
            num_hidden_layers=spec["text_layers"],
            num_attention_heads=spec["text_heads"],
            max_position_embeddings=length,
            hidden_act=spec["text_act"],
            eos_token_id=size - 1,
            bos_token_id=size - 2,
            pad_token_id=size - 1,
        )
    ).save_pretrained(folder + "/text_encoder")
    shutil.copytree(tokenizer, folder + "/tokenizer")
    os.makedirs(folder + "/scheduler")
    json.dump(spec["scheduler"], open(folder + "/scheduler/scheduler_config.json", "w"), indent=1)
    json.dump(
        {
            "_class_name": "StableDiffusionPipeline",
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderTiny" if spec["tiny"] else "AutoencoderKL"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "scheduler": ["diffusers", spec["scheduler"]["_class_name"]],
        },
        open(folder + "/model_index.json", "w"),
        indent=1,
    )
    tensors = {}
    for component in ("unet", "vae", "text_encoder"):
        (file,) = glob.glob(f"{folder}/{component}/*.safetensors")
        prefix = spec["text_prefix"] if component == "text_encoder" else ""
        with safe_open(file, "pt") as f:
            shapes = {prefix + k: f.get_slice(k).get_shape() for k in f.keys()}
        save_file(
            {k: torch.from_numpy(hashed_weights.tensor(component, k, s)) for k, s in shapes.items()},
            file,
            metadata={"format": "pt"},
        )
        tensors[component] = {"file": os.path.basename(file), "shapes": shapes}
    return tensors


def photo(rng, width, height):
    """A smooth random picture, uint8 [h, w, 3]."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    waves = rng.uniform(-6, 6, (3, 4, 2))
    phase = rng.uniform(0, 6.28, (3, 4))
    value = sum(
        np.cos(waves[:, i, 0, None, None] * x + waves[:, i, 1, None, None] * y + phase[:, i, None, None])
        for i in range(4)
    )
    return np.clip(127.5 + 60 * value, 0, 255).round().astype(np.uint8).transpose(1, 2, 0)


def networks(spec, folder, rng):
    """Each network on its own."""
    unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet").eval()
    vae = (AutoencoderTiny if spec["tiny"] else AutoencoderKL).from_pretrained(folder, subfolder="vae").eval()
    text = CLIPTextModel.from_pretrained(folder, subfolder="text_encoder").eval()
    tok = CLIPTokenizer.from_pretrained(folder, subfolder="tokenizer")
    for key, value in text.state_dict().items():  # a prefix that was not understood would leave other weights
        assert torch.equal(
            value, torch.from_numpy(hashed_weights.tensor("text_encoder", spec["text_prefix"] + key, value.shape))
        ), key
    factor = 2 ** (len(spec["vae"]) - 1)
    width, height = spec["runs"][0]["size"] or (spec["sample"] * factor,) * 2
    normal = lambda *s: torch.from_numpy(rng.standard_normal(s, dtype=np.float32))
    ids = torch.tensor(
        [tok(s, padding="max_length", max_length=tok.model_max_length, truncation=True)["input_ids"] for s in (DOG, "")]
    )
    hidden = text(ids)[0]
    sample = normal(2, unet.config.in_channels, height // factor, width // factor)
    timesteps = torch.tensor([437.0, 12.5])
    image = photo(rng, width, height)
    pixels = torch.from_numpy(image.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
    mean = vae.encode(pixels).latents if spec["tiny"] else vae.encode(pixels).latent_dist.mean
    latent = normal(1, spec["latents"], height // factor, width // factor)
    result = {
        "text_ids": ids.to(torch.int32),
        "text_hidden": hidden,
        "unet_sample": sample,
        "unet_timestep": timesteps,
        "unet_context": hidden,
        "unet_output": unet(sample, timesteps, hidden)[0],
        "vae_image": torch.from_numpy(np.ascontiguousarray(image)),
        "vae_mean": mean,
        "vae_latent": latent,
        "vae_decoded": vae.decode(latent).sample,
    }
    for k in ("text_hidden", "unet_output", "vae_mean", "vae_decoded"):
        print("   ", k, list(result[k].shape), "mean %.3f std %.3f" % (result[k].mean(), result[k].std()))
    del result["unet_context"]  # it is text_hidden
    return {k: v.contiguous() for k, v in result.items()}


def oracle(program, folder, case, images, tensors, work):
    """One run of the referee: its outputs."""
    photos = []
    for i, image in enumerate(images):
        photos.append(f"{work}/reference{i}.png")
        Image.fromarray(image).save(photos[-1])
    save_file(tensors, work + "/noise.safetensors")
    arguments = [
        program,
        folder,
        "--mode",
        case["mode"],
        "--prompt",
        case["prompt"],
        "--negative",
        case["negative"],
        "--steps",
        str(case["steps"]),
        "--sampler",
        case["sampler"],
        "--guidance",
        str(case["guidance"]),
        "--targets",
        str(case["targets"]),
        "--size",
        f"{case['width']}x{case['height']}",
        "--noise",
        work + "/noise.safetensors",
        "--latent-out",
        work + "/latent.safetensors",
    ]
    if case["image_guidance"] is not None:
        arguments += ["--image-guidance", str(case["image_guidance"])]
    if photos:
        arguments += ["--reference"] + photos
    saved, sys.argv = sys.argv, arguments
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(program, run_name="__main__")
    finally:
        sys.argv = saved
    return load_file(work + "/latent.safetensors")


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--oracle", required=True)
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--out", required=True)
    a.add_argument("--only")
    a.add_argument("--sensitivity", action="store_true")
    o = a.parse_args()
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    for number, (name, spec) in enumerate(CHECKPOINTS.items()):
        if o.only and o.only != name:
            continue
        out = f"{o.out}/{name}"
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        print(name)
        with tempfile.TemporaryDirectory() as work:
            folder = work + "/checkpoint"
            tensors = build(spec, folder, o.tokenizer)
            rng = np.random.default_rng(number)
            for file in glob.glob(folder + "/**/*.json", recursive=True):
                relative = os.path.relpath(file, folder)
                if relative.startswith("tokenizer"):
                    continue
                os.makedirs(os.path.dirname(f"{out}/config/{relative}"), exist_ok=True)
                shutil.copy(file, f"{out}/config/{relative}")
            json.dump(tensors, open(out + "/tensors.json", "w"), separators=(",", ":"))
            save_file(networks(spec, folder, rng), out + "/networks.safetensors")
            factor = 2 ** (len(spec["vae"]) - 1)
            for case in spec["runs"]:
                case = dict(case)
                width, height = case.pop("size") or (spec["sample"] * factor,) * 2
                case.update(width=width, height=height)
                rows = case["targets"] + (case["references"] if case["mode"] == "joint" else 0)
                shape = (spec["latents"], height // factor, width // factor)
                images = [photo(rng, width, height) for _ in range(case["references"])]
                inputs = {
                    "noise": torch.from_numpy(rng.standard_normal((rows, *shape), dtype=np.float32)),
                    "reference_noise": torch.from_numpy(
                        rng.standard_normal((max(case["references"], 1), *shape), dtype=np.float32)
                    ),
                }
                result = oracle(o.oracle, folder, case, images, inputs, work)
                latent = result["latent"]
                assert latent.isfinite().all(), case["name"]
                line = "  %-24s latent %s mean %.3f std %.3f" % (
                    case["name"],
                    list(latent.shape),
                    latent.mean(),
                    latent.std(),
                )
                if o.sensitivity:
                    moved = oracle(
                        o.oracle,
                        folder,
                        case,
                        images,
                        {k: v * (1 + 1e-6 * torch.randn(v.shape)) for k, v in inputs.items()},
                        work,
                    )["latent"]
                    line += "  moves %.1e for 1e-6" % ((moved - latent).norm() / latent.norm())
                print(line, flush=True)
                if case["mode"] != "matched":
                    del inputs["reference_noise"]
                if images:
                    inputs["references"] = torch.from_numpy(np.ascontiguousarray(np.stack(images)))
                if not case["references"]:
                    del result["reference_latent"]
                save_file({**inputs, **result}, f"{out}/{case['name']}.safetensors")
                json.dump(
                    {k: v for k, v in case.items() if k != "name"}, open(f"{out}/{case['name']}.json", "w"), indent=1
                )
    print(
        "total bytes", sum(os.path.getsize(f) for f in glob.glob(o.out + "/**/*", recursive=True) if os.path.isfile(f))
    )


if __name__ == "__main__":
    main()
