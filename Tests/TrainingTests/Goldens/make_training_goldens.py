#!/usr/bin/env python3
"""Losses, gradients and ten steps of AdamW of small checkpoints, as PyTorch computes them in float64.

  python3 make_training_goldens.py --pipeline ../../JointDiffusionTests/Goldens --out training.json

The checkpoints are those of make_pipeline_goldens.py in --pipeline, whose weights hashed_weights.py gives. Latents,
noise and pixels are hashed too: element i of key K is sqrt(3) uniform(seed("training", K), i), pixels without the
factor. Gradients and changes are not stored whole: of each parameter's the norm and its products with two random
vectors, uniform(seed("projection 0" or "projection 1", <component>/<key>), i), in the order of the checkpoint's array.

OUT: case -> checkpoint, mode, weighting, known_weight, sets, size [h, w], loss, gradients {parameter: [norm, p0, p1]}, and
the same of the change after ten steps of AdamW (rate 1e-3, betas 0.9 and 0.999, epsilon 1e-8, decay 0.01, global norm
clipped to 1) with the loss before each step.
Sets: known images first; timesteps one for each image (a known image of mode cached passes at 0); captions as ids.
loss = sum over images of share(image) snr_weight(t) mean((output - target)^2) / sum of shares; share is 1 for images to
be made, known_weight for known ones in mode joint, 0 in mode cached.
Made with torch 2.15, diffusers 0.42.1, transformers 5.24.
"""

import argparse, json, os, sys
import numpy as np, torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

CASES = {
    "joint-v": dict(checkpoint="known-v", mode="joint", weighting="none", known_weight=1.0, size=[6, 10],
                    sets=[(1, [611, 611, 611]), (0, [999, 999])]),
    "cached-v": dict(checkpoint="known-v", mode="cached", weighting="min_snr", known_weight=1.0, size=[8, 8],
                     sets=[(2, [0, 0, 640, 85]), (0, [311]), (1, [0, 905])]),
    "joint-epsilon": dict(checkpoint="epsilon", mode="joint", weighting="min_snr", known_weight=0.0, size=[8, 8],
                          sets=[(2, [300, 300, 300]), (0, [20])]),
    "cached-deep": dict(checkpoint="known-tiny", mode="cached", weighting="v", known_weight=1.0, size=[8, 8],
                        sets=[(3, [0, 0, 0, 500]), (1, [0, 77, 813])]),
    "joint-odd": dict(checkpoint="odd-size", mode="joint", weighting="v", known_weight=0.25, size=[11, 19],
                      sets=[(1, [450, 450])]),
    "cached-plain": dict(checkpoint="plain-blocks", mode="cached", weighting="none", known_weight=1.0, size=[8, 8],
                         sets=[(1, [0, 700]), (1, [0, 100])]),
    "kl": dict(checkpoint="deep-vae", autoencoder=True, size=[24, 16], images=2),
    "tiny": dict(checkpoint="known-tiny", autoencoder=True, size=[16, 24], images=2),
}


def hashed(component, key, shape):
    u = hw.uniform(hw.seed(component, key), int(np.prod(shape)))
    return torch.from_numpy(u.astype(np.float64)).reshape(shape)


def component(folder, name):
    """The module of one component, in float64 with hashed weights, and parameter -> key in the file."""
    config = json.load(open(f"{folder}/config/{name}/config.json"))
    if name == "text_encoder":
        module = CLIPTextModel(CLIPTextConfig(**config))
    else:
        cls = {"UNet2DConditionModel": UNet2DConditionModel, "AutoencoderKL": AutoencoderKL, "AutoencoderTiny": AutoencoderTiny}
        module = cls[config["_class_name"]].from_config(config)
    shapes = json.load(open(f"{folder}/tensors.json"))[name]["shapes"]
    module = module.double().eval()
    keys = {}
    for parameter, value in module.named_parameters():
        key = next(k for k in (parameter, "text_model." + parameter, parameter.removeprefix("text_model.")) if k in shapes)
        assert list(value.shape) == shapes[key], key
        value.data = torch.from_numpy(hw.tensor(name, key, shapes[key]).astype(np.float64))
        keys[parameter] = key
    assert len(keys) == len(shapes) - sum(k.endswith("position_ids") for k in shapes)
    return module, keys


class SelfAttention:
    """attn1 over sets: `plan` is (size, ...) of consecutive images, or "record" / a bank for references alone."""

    plan, bank = None, None

    def __init__(self, name):
        self.name = name

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **kw):
        x, (b, n, _) = hidden_states, hidden_states.shape
        q, k, v = attn.to_q(x), attn.to_k(x), attn.to_v(x)
        split = lambda y: y.reshape(y.shape[0], y.shape[1], attn.heads, -1).transpose(1, 2)
        whole = lambda y: y.reshape(1, -1, y.shape[-1])
        outs, first = [], 0
        for size in SelfAttention.plan:
            rows = slice(first, first + size)
            first += size
            keys, values = [whole(k[rows])], [whole(v[rows])]
            if SelfAttention.bank is not None and SelfAttention.bank.get("write"):
                SelfAttention.bank.setdefault(self.name, []).append((keys[0], values[0]))
            elif SelfAttention.bank is not None:
                for a, c in SelfAttention.bank.get(self.name, []):
                    keys.append(a)
                    values.append(c)
            out = F.scaled_dot_product_attention(split(whole(q[rows])), split(torch.cat(keys, 1)), split(torch.cat(values, 1)))
            outs.append(out.transpose(1, 2).reshape(size, n, -1))
        return attn.to_out[0](torch.cat(outs))


def snr_weight(kind, prediction, alpha2):
    snr = alpha2 / (1 - alpha2)
    if kind == "none":
        return 1.0
    if kind == "min_snr":
        low = min(snr, 5.0)
        return {"epsilon": low / snr if snr > 0 else 1.0, "v_prediction": low / (snr + 1), "sample": low}[prediction]
    return {"epsilon": 1 / alpha2, "v_prediction": 1.0, "sample": 1 / (1 - alpha2)}[prediction]


def diffusion_case(name, case, folder):
    unet, unet_keys = component(folder, "unet")
    text, text_keys = component(folder, "text_encoder")
    for n, m in unet.named_modules():
        if n.endswith("attn1"):
            m.processor = SelfAttention(n)
    schedule = DDIMScheduler.from_config(json.load(open(f"{folder}/config/scheduler/scheduler_config.json")))
    prediction = schedule.config.prediction_type
    c, (h, w) = unet.config.out_channels, case["size"]
    takes_known = unet.config.in_channels == 2 * c + 1
    vocabulary, length = text.config.vocab_size, text.config.max_position_embeddings
    empty = [vocabulary - 2] + [vocabulary - 1] * (length - 1)
    sets = []
    for s, (known, timesteps) in enumerate(case["sets"]):
        captions = []
        for i in range(len(timesteps)):
            words = [(7 + 31 * s + 17 * i + 5 * j) % (vocabulary - 2) for j in range(3 + i)]
            captions.append(empty if i < known else ([vocabulary - 2] + words + [vocabulary - 1] * length)[:length])
        sets.append(dict(known=known, timesteps=timesteps, captions=captions))

    def channels(noisy, clean, known):
        if not takes_known:
            return noisy
        mask = torch.zeros_like(noisy[:, :1]) if known else torch.ones_like(noisy[:, :1])
        return torch.cat([noisy, mask, clean if known else torch.zeros_like(noisy)], 1)

    def loss():
        total, shares = 0, 0
        for s, one in enumerate(sets):
            n, known = len(one["timesteps"]), one["known"]
            x0 = hashed("training", f"{name}/{s}/latents", (n, c, h, w)) * np.sqrt(3)
            eps = hashed("training", f"{name}/{s}/noise", (n, c, h, w)) * np.sqrt(3)
            alpha2 = schedule.alphas_cumprod.double()[one["timesteps"]]
            a, b = alpha2.sqrt().reshape(-1, 1, 1, 1), (1 - alpha2).sqrt().reshape(-1, 1, 1, 1)
            noisy = a * x0 + b * eps
            target = {"epsilon": eps, "v_prediction": a * eps - b * x0, "sample": x0}[prediction]
            hidden = text(torch.tensor(one["captions"]))[0]
            t = torch.tensor(one["timesteps"])
            if case["mode"] == "joint":
                SelfAttention.plan, SelfAttention.bank = [n], None
                x = torch.cat([channels(noisy[:known], x0[:known], True), channels(noisy[known:], x0[known:], False)])
                out = unet(x, t, hidden)[0]
                counted = range(n)
            else:
                bank = {"write": True}
                SelfAttention.bank = bank
                if known:
                    SelfAttention.plan = [1] * known
                    unet(channels(x0[:known], x0[:known], True), torch.zeros(known, dtype=torch.long), hidden[:known])
                bank["write"] = False
                SelfAttention.plan = [1] * (n - known)
                out = unet(channels(noisy[known:], x0[known:], False), t[known:], hidden[known:])[0]
                out = torch.cat([torch.zeros_like(x0[:known]), out])
                counted = range(known, n)
            for i in counted:
                share = case["known_weight"] if i < known else 1.0
                shares += share
                if share:
                    weight = snr_weight(case["weighting"], prediction, float(alpha2[i]))
                    total = total + share * weight * ((out[i] - target[i]) ** 2).mean()
        return total / shares

    case["sets"] = sets
    return loss, [("unet", unet, unet_keys), ("text_encoder", text, text_keys)]


def autoencoder_case(name, case, folder):
    vae, keys = component(folder, "vae")
    h, w = case["size"]
    x = hashed("training", f"{name}/pixels", (case["images"], 3, h, w))

    def loss():
        coded = vae.encode(x)
        z = coded.latents if isinstance(vae, AutoencoderTiny) else coded.latent_dist.mean
        return ((vae.decode(z).sample - x) ** 2).mean()

    return loss, [("vae", vae, keys)]


def digest(component_name, key, value):
    flat = value.detach().reshape(-1)
    numbers = [flat.norm()] + [flat @ hashed(f"projection {i}", f"{component_name}/{key}", flat.shape) for i in range(2)]
    return [float(f"{float(x):.6g}") for x in numbers]


def main():
    global hw
    a = argparse.ArgumentParser()
    a.add_argument("--pipeline", required=True)
    a.add_argument("--out", required=True)
    o = a.parse_args()
    sys.path.insert(0, o.pipeline)
    import hashed_weights as hw

    torch.set_num_threads(1)
    result = {}
    for name, case in CASES.items():
        folder = f"{o.pipeline}/pipeline/{case['checkpoint']}"
        case = dict(case)
        loss, parts = (autoencoder_case if case.get("autoencoder") else diffusion_case)(name, case, folder)
        named = [(n, keys[p], v) for n, module, keys in parts for p, v in module.named_parameters()]
        start = {(n, k): v.detach().clone() for n, k, v in named}
        value = loss()
        value.backward()
        case["loss"] = float(f"{value.item():.9g}")
        case["gradients"] = {f"{n}/{k}": digest(n, k, v.grad if v.grad is not None else torch.zeros_like(v)) for n, k, v in named}
        optimizer = torch.optim.AdamW([v for _, _, v in named], lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
        losses = []
        for _ in range(10):
            optimizer.zero_grad()
            value = loss()
            value.backward()
            losses.append(float(f"{value.item():.9g}"))
            for _, _, v in named:  # a parameter without a share decays as the others do
                v.grad = torch.zeros_like(v) if v.grad is None else v.grad
            torch.nn.utils.clip_grad_norm_([v for _, _, v in named], 1.0)
            optimizer.step()
        case["losses"] = losses
        case["changes"] = {f"{n}/{k}": digest(n, k, v - start[n, k]) for n, k, v in named}
        result[name] = case
        print(name, case["loss"], losses[-1], len(named), "parameters")
    with open(o.out, "w") as f:
        f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in result.items()) + "\n}\n")


main()
