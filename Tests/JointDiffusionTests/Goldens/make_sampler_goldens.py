#!/usr/bin/env python3
"""Trajectories of diffusers' schedulers on many configurations, with a stand-in for the network.

  python3 make_sampler_goldens.py --out samplers

OUT.json lists scheduler configurations by name, and the steps each sampler was run with ("refused": where diffusers fails
or leaves finite numbers). OUT.safetensors holds, per "<configuration>/<sampler>/<steps>", an array [steps, 6]:
timestep, noise level sigma/alpha, add_noise(0.3, -0.7), and the latent after the step, three numbers;
with more than 16 steps, the latent of the last step only (zero elsewhere). "alphas/<configuration>": alphas_cumprod.
The run starts at init_noise_sigma * (1.2, -0.4, 0.1); the network is tanh(0.9 x + 0.3 - 0.8 t / 1000) of the scaled input x.
Samplers that add noise are given z[channel] = 1.5 cos(0.7 (step + 1) + 2.1 channel); "ddim_eta" is ddim with eta 0.7.
Schedulers are made as the reference program makes them: cls.from_config(configuration, **extra). Made with diffusers 0.42.1.
"""

import argparse, itertools, json, logging, os
import numpy as np, torch
from safetensors.torch import save_file
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
    UniPCMultistepScheduler,
)
from diffusers.schedulers import scheduling_euler_ancestral_discrete, scheduling_lcm

SAMPLERS = {
    "ddim": (DDIMScheduler, {}),
    "dpmpp_2m": (DPMSolverMultistepScheduler, {"algorithm_type": "dpmsolver++", "solver_order": 2}),
    "dpmpp_2m_karras": (
        DPMSolverMultistepScheduler,
        {"algorithm_type": "dpmsolver++", "solver_order": 2, "use_karras_sigmas": True},
    ),
    "euler": (EulerDiscreteScheduler, {}),
    "unipc": (UniPCMultistepScheduler, {}),
}
ALL, MULTI = list(SAMPLERS), ["dpmpp_2m", "dpmpp_2m_karras", "unipc"]
SAMPLERS |= {
    "ddim_eta": (DDIMScheduler, {}),
    "dpmpp_2m_sde": (DPMSolverMultistepScheduler, {"algorithm_type": "sde-dpmsolver++", "solver_order": 2}),
    "euler_a": (EulerAncestralDiscreteScheduler, {}),
    "lcm": (LCMScheduler, {}),
}
NOISY = ["ddim_eta", "dpmpp_2m_sde", "euler_a", "lcm"]
BASE = {
    "_class_name": "DDIMScheduler",
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
STEPS = [1, 2, 3, 9, 16, 50]


def configurations():
    """name -> (configuration, samplers, steps)"""
    out = {}
    for prediction, spacing, zero in itertools.product(
        ("epsilon", "v_prediction", "sample"), ("leading", "trailing", "linspace"), (False, True)
    ):
        out[f"{prediction}-{spacing}" + ("-zero" if zero else "")] = (
            dict(BASE, prediction_type=prediction, timestep_spacing=spacing, rescale_betas_zero_snr=zero),
            ALL,
            STEPS,
        )

    def add(name, samplers=ALL, steps=(3, 16), **changes):
        out[name] = ({k: v for k, v in dict(BASE, **changes).items() if v != "absent"}, samplers, list(steps))

    add(
        "defaults-pndm",
        _class_name="PNDMScheduler",
        _diffusers_version="0.6.0",
        skip_prk_steps=True,
        trained_betas=None,
    )
    add(
        "bare",
        beta_start="absent",
        beta_end="absent",
        beta_schedule="absent",
        clip_sample="absent",
        set_alpha_to_one="absent",
        steps_offset="absent",
        _class_name="EulerDiscreteScheduler",
        interpolation_type="linear",
    )
    add(
        "linear-500",
        beta_schedule="linear",
        beta_start=0.0001,
        beta_end=0.02,
        num_train_timesteps=500,
        prediction_type="v_prediction",
    )
    add("cosine", beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction", steps=(3, 16, 25))
    add("cosine-clipped", beta_schedule="squaredcos_cap_v2", lambda_min_clipped=-5.1, samplers=MULTI, steps=(3, 16, 25))
    add("clipped-trailing", lambda_min_clipped=-2.0, timestep_spacing="trailing", samplers=["dpmpp_2m"])
    add("clip-sample", clip_sample=True, clip_sample_range=0.8, samplers=["ddim"])
    add("alpha-to-one", set_alpha_to_one=True, steps_offset=0, samplers=["ddim"])
    add(
        "karras",
        use_karras_sigmas=True,
        prediction_type="v_prediction",
        timestep_spacing="leading",
        steps=(1, 3, 16, 50),
    )
    add(
        "karras-zero",
        use_karras_sigmas=True,
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        rescale_betas_zero_snr=True,
        steps=(3, 16),
    )
    add(
        "karras-bounds", use_karras_sigmas=True, sigma_min=0.05, sigma_max=20.0, samplers=["dpmpp_2m", "euler", "unipc"]
    )
    add(
        "karras-cosine",
        use_karras_sigmas=True,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        samplers=["dpmpp_2m", "euler", "unipc"],
    )
    add(
        "sigma-min",
        final_sigmas_type="sigma_min",
        samplers=["dpmpp_2m", "dpmpp_2m_karras", "euler", "unipc"],
        steps=(1, 3, 16),
    )
    add(
        "sigma-min-karras",
        final_sigmas_type="sigma_min",
        use_karras_sigmas=True,
        sigma_min=0.04,
        samplers=["dpmpp_2m", "euler", "unipc"],
    )
    add("high-order", lower_order_final=False, samplers=["dpmpp_2m"], steps=(3, 14))
    add(
        "high-order-sigma-min",
        lower_order_final=False,
        final_sigmas_type="sigma_min",
        samplers=["dpmpp_2m", "unipc"],
        steps=(3, 14),
    )
    add("euler-at-final", euler_at_final=True, final_sigmas_type="sigma_min", samplers=["dpmpp_2m"])
    add("heun", solver_type="heun", samplers=["dpmpp_2m", "unipc"])
    add("bh1-as-midpoint", solver_type="bh1", samplers=["dpmpp_2m"])
    add("bh1", solver_type="bh1", final_sigmas_type="sigma_min", samplers=["unipc"])
    add("order-1", solver_order=1, samplers=["dpmpp_2m", "unipc"])
    add("order-3", solver_order=3, samplers=["dpmpp_2m", "unipc"], steps=(3, 4, 16))
    add(
        "order-3-bh1",
        solver_order=3,
        solver_type="bh1",
        final_sigmas_type="sigma_min",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        samplers=["unipc"],
        steps=(4, 16),
    )
    add("no-corrector", disable_corrector=[0, 2], samplers=["unipc"])
    add(
        "dpm-sde-file",
        _class_name="DPMSolverMultistepScheduler",
        algorithm_type="sde-dpmsolver++",
        lambda_min_clipped=float("-inf"),
        variance_type=None,
        use_karras_sigmas=True,
        prediction_type="v_prediction",
        timestep_spacing="trailing",
    )

    for prediction, spacing, zero in itertools.product(
        ("epsilon", "v_prediction", "sample"), ("leading", "trailing", "linspace"), (False, True)
    ):
        if zero and spacing != "trailing":
            continue
        add(
            f"noisy-{prediction}-{spacing}" + ("-zero" if zero else ""),
            samplers=NOISY,
            steps=(1, 3, 16),
            prediction_type=prediction,
            timestep_spacing=spacing,
            rescale_betas_zero_snr=zero,
        )
    add("noisy-pndm", samplers=NOISY, steps=(2, 9, 50), _class_name="PNDMScheduler", skip_prk_steps=True)
    add("noisy-cosine", samplers=NOISY, beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction")
    add("noisy-linear-500", samplers=NOISY, beta_schedule="linear", beta_end=0.02, num_train_timesteps=500)
    add("noisy-clip", samplers=["ddim_eta", "lcm"], clip_sample=True, clip_sample_range=0.8)
    add("noisy-karras", samplers=["dpmpp_2m_sde", "euler_a"], use_karras_sigmas=True)
    add("noisy-heun", samplers=["dpmpp_2m_sde"], solver_type="heun")
    add("noisy-sigma-min", samplers=["dpmpp_2m_sde"], final_sigmas_type="sigma_min", solver_type="heun")
    add("lcm-file", samplers=["lcm"], steps=(1, 4, 20), _class_name="LCMScheduler", original_inference_steps=20, timestep_scaling=5.0)
    return out


def trajectory(configuration, sampler, steps):
    cls, extra = SAMPLERS[sampler]
    s = cls.from_config(dict(configuration), **extra)
    s.set_timesteps(steps)
    x = torch.tensor([1.2, -0.4, 0.1]).reshape(1, 3, 1, 1) * s.init_noise_sigma
    rows = []
    clean, noise = torch.full((1, 1, 1, 1), 0.3), torch.full((1, 1, 1, 1), -0.7)
    for i, t in enumerate(s.timesteps):
        z = 1.5 * torch.cos(0.7 * (i + 1) + 2.1 * torch.arange(3.0)).reshape(1, 3, 1, 1)
        for module in (scheduling_euler_ancestral_discrete, scheduling_lcm):
            module.randn_tensor = lambda *_, z=z, **__: z
        more = {"ddim_eta": {"eta": 0.7, "variance_noise": z}, "dpmpp_2m_sde": {"variance_noise": z}}.get(sampler, {})
        level = ((1 - s.alphas_cumprod[t]) / s.alphas_cumprod[t]) ** 0.5 if sampler in ("ddim", "ddim_eta", "lcm") else s.sigmas[i]
        noised = s.add_noise(clean, noise, t.reshape(1))
        e = torch.tanh(0.9 * s.scale_model_input(x, t) + 0.3 - 0.8 * t / 1000)
        x = s.step(e, t, x, return_dict=False, **more)[0]
        rows.append(
            [float(t), float(level), float(noised)]
            + (x.flatten().tolist() if steps <= 16 or i == len(s.timesteps) - 1 else [0.0] * 3)
        )
    rows = torch.tensor(rows, dtype=torch.float64).float()
    if not rows[:, [0, 2, 3, 4, 5]].isfinite().all():
        raise ArithmeticError("not finite")
    return rows


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--out", required=True)
    o = a.parse_args()
    logging.disable(logging.WARNING)
    tensors, index = {}, []
    for name, (configuration, samplers, steps) in configurations().items():
        refused = []
        for sampler, n in itertools.product(samplers, steps):
            try:
                tensors[f"{name}/{sampler}/{n}"] = trajectory(configuration, sampler, n)
            except (ArithmeticError, IndexError, AssertionError, NotImplementedError) as error:
                refused.append([sampler, n])
                print(name, sampler, n, type(error).__name__, error)
        if name in ("epsilon-leading", "epsilon-leading-zero", "linear-500", "cosine"):
            tensors[f"alphas/{name}"] = DDIMScheduler.from_config(dict(configuration)).alphas_cumprod
        index.append(
            {"name": name, "configuration": configuration, "samplers": samplers, "steps": steps, "refused": refused}
        )
    json.dump(index, open(o.out + ".json", "w"), separators=(",", ":"))
    save_file(tensors, o.out + ".safetensors")
    print(
        len(tensors),
        "trajectories,",
        os.path.getsize(o.out + ".json") + os.path.getsize(o.out + ".safetensors"),
        "bytes",
    )


main()
