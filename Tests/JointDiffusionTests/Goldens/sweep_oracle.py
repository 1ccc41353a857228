#!/usr/bin/env python3
"""Random checkpoints and requests, run by `jedid generate` and by the reference program: final latents must agree.

  python3 sweep_oracle.py --jedid .build/release/jedid --oracle ORACLE_FOLDER [--checkpoints 8] [--cases 3] [--seed 0]
      [--tolerance 1e-3] [--keep FOLDER] [--threads N]

ORACLE_FOLDER holds make_checkpoint.py, joint_oracle.py and tokenizer/. Each checkpoint has random options, each case a
random mode, sampler, size, number of references and targets, guidance and prompt; both programs read the same noise and
the same PNGs. One line per case: relative differences of the latents (Euclidean norm, and largest against largest),
seconds of each program, and the command that repeats it. Exits with 1 if any norm is above the tolerance or a program fails;
what went wrong is kept under --keep. Needs torch diffusers transformers safetensors pillow numpy, like the reference.
"""

import argparse, contextlib, io, os, random, runpy, shlex, shutil, subprocess, sys, tempfile, time
import numpy as np, torch
from PIL import Image
from safetensors.torch import load_file, save_file

WORDS = "a the photo of this toy robot cat bear bird car mug fish ghost in on at under my beach snow forest city desert moon table wooden sea grass meadow night sky street trees picture image it's 3 café !".split()


def python(program, *arguments):
    """Another script in this interpreter, quietly; loading torch once is what makes a sweep quick."""
    saved, sys.argv = sys.argv, [program, *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            runpy.run_path(program, run_name="__main__")
    finally:
        sys.argv = saved


def checkpoint_options(r):
    groups = r.choice([4, 8, 16])
    heads = r.choice([1, 2, 4, 8])
    levels = r.choice([2, 2, 3, 4])
    unit = max(groups, 2 * heads)
    channels = sorted(unit * r.choice([1, 2, 3, 4]) for _ in range(levels))
    tiny = r.random() < 0.35
    depth = r.choice([1, 2, 2, 3]) if not tiny else r.choice([2, 3])
    vae = [r.choice([8, 16])] * depth if tiny else sorted(8 * r.choice([1, 2, 3]) for _ in range(depth))
    v = r.random() < 0.5
    options = {
        "--channels": ",".join(map(str, channels)),
        "--heads": heads,
        "--groups": groups,
        "--latents": r.choice([3, 4, 8]),
        "--layers": r.choice([1, 1, 2]),
        "--sample": r.choice([8, 12, 16]),
        "--vae": ",".join(map(str, vae)),
        "--text-width": 4 * r.choice([4, 8, 12]),
        "--text-layers": r.choice([1, 2, 3]),
        "--prediction": "v_prediction" if v else "epsilon",
        "--seed": r.randrange(10**6),
    }
    flags = [f for f, p in (("--known", 0.6), ("--linear", 0.5), ("--zero-snr", 0.6 if v else 0)) if r.random() < p] + (
        ["--tiny"] if tiny else []
    )
    return options, flags, 2 ** (depth - 1)


def case(r, options, factor):
    mode = r.choice(["none", "joint", "joint", "cached", "cached", "matched", "matched"])
    references = 0 if mode == "none" else r.choice([0, 1, 2, 3, 5])
    least = max(4, options["--sample"] // 2, -(-16 // factor))  # photos of less than 16 pixels are refused
    extent = lambda: r.randint(least, max(least, options["--sample"] + 5)) * factor
    guidance = r.choice([1.0, 1.0 + round(7 * r.random(), 2), 5.0])
    size = (extent(), extent()) if r.random() < 0.7 else (max(least, options["--sample"]) * factor,) * 2
    return dict(
        mode=mode,
        references=references,
        targets=r.choice([1, 1, 2, 3]),
        size=size,
        steps=r.choice([1, 2, 3, 5, 8, 12]),
        sampler=r.choice(["ddim", "dpmpp_2m", "dpmpp_2m_karras", "euler", "unipc"]),
        guidance=guidance,
        image_guidance=round(1 + 2 * r.random(), 2) if r.random() < 0.4 else None,
        prompt=" ".join(r.choices(WORDS, k=r.randint(0, 24))),
        negative=" ".join(r.choices(WORDS, k=r.randint(0, 6))),
    )


def compare(o, r, folder, work, options, factor, c):
    (w, h), rows = c["size"], c["targets"] + (c["references"] if c["mode"] == "joint" else 0)
    rng = np.random.default_rng(r.randrange(10**9))
    normal = lambda n: torch.from_numpy(
        rng.standard_normal((n, options["--latents"], h // factor, w // factor), dtype=np.float32)
    )
    save_file({"noise": normal(rows), "reference_noise": normal(max(1, c["references"]))}, work + "/noise.safetensors")
    photos = []
    for i in range(c["references"]):
        y, x = np.mgrid[0:h, 0:w] / max(w, h)
        waves = rng.uniform(-9, 9, (3, 2, 1, 1))
        value = np.cos(waves[:, 0] * x + waves[:, 1] * y + rng.uniform(0, 6, (3, 1, 1)))
        photos.append(f"{work}/reference{i}.png")
        Image.fromarray((127.5 + 120 * value).astype(np.uint8).transpose(1, 2, 0).copy()).save(photos[-1])
    shared = [
        "--mode",
        c["mode"],
        "--prompt",
        c["prompt"],
        "--steps",
        c["steps"],
        "--sampler",
        c["sampler"],
        "--guidance",
        c["guidance"],
        "--size",
        f"{w}x{h}",
        "--noise",
        work + "/noise.safetensors",
    ] + (["--image-guidance", c["image_guidance"]] if c["image_guidance"] else [])
    mine = [
        o.jedid,
        "generate",
        "--model",
        folder,
        *shared,
        "--negative-prompt",
        c["negative"],
        "--count",
        c["targets"],
        "--save-latent",
        work + "/ours.safetensors",
        "-o",
        work + "/ours.png",
    ]
    for p in photos:
        mine += ["--reference", p]
    if o.threads:
        mine += ["--threads", o.threads]
    mine = list(map(str, mine))
    start = time.time()
    run = subprocess.run(mine, capture_output=True, text=True)
    seconds = time.time() - start
    if run.returncode:
        return None, f"jedid exits with {run.returncode}: {run.stderr.strip()[-600:]}", mine
    start = time.time()
    python(
        o.oracle + "/joint_oracle.py",
        folder,
        *shared,
        "--negative",
        c["negative"],
        "--targets",
        c["targets"],
        "--latent-out",
        work + "/reference.safetensors",
        *(["--reference", *photos] if photos else []),
    )
    theirs, ours = load_file(work + "/reference.safetensors"), load_file(work + "/ours.safetensors")
    text = ""
    worst = 0.0
    for name in ("latent", "reference_latent") if photos else ("latent",):
        a, b = ours.get(name), theirs[name]
        if a is None or a.shape != b.shape:
            return None, f"{name}: {None if a is None else list(a.shape)}, not {list(b.shape)}", mine
        if not b.isfinite().all():
            text += f" {name} not finite in the reference"
            continue
        norm = float((a - b).norm() / b.norm())
        peak = float((a - b).abs().max() / b.abs().max())
        worst = max(worst, norm if norm == norm else float("inf"))
        text += f" {name} {norm:.1e} (largest {peak:.1e})"
    return worst, text + f"  {seconds:.1f} s, reference {time.time() - start:.1f} s", mine


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--jedid", required=True)
    a.add_argument("--oracle", required=True)
    a.add_argument("--checkpoints", type=int, default=8)
    a.add_argument("--cases", type=int, default=3)
    a.add_argument("--seed", type=int, default=0)
    a.add_argument("--tolerance", type=float, default=1e-3)
    a.add_argument("--keep")
    a.add_argument("--threads", type=int)
    o = a.parse_args()
    torch.set_grad_enabled(True)
    failures, worst, done = 0, 0.0, 0
    for number in range(o.checkpoints):
        r = random.Random(f"{o.seed}/{number}")
        options, flags, factor = checkpoint_options(r)
        with tempfile.TemporaryDirectory() as top:
            folder = top + "/checkpoint"
            torch.set_grad_enabled(True)
            python(o.oracle + "/make_checkpoint.py", folder, *[x for pair in options.items() for x in pair], *flags)
            print(f"checkpoint {number}:", *[f"{k} {v}" for k, v in options.items()], *flags, flush=True)
            for index in range(o.cases):
                c = case(r, options, factor)
                work = f"{top}/case{index}"
                os.makedirs(work)
                try:
                    difference, text, command = compare(o, r, folder, work, options, factor, c)
                except Exception as error:
                    difference, text, command = None, f"reference fails: {type(error).__name__}: {error}", []
                done += 1
                bad = difference is None or not difference <= o.tolerance
                worst = max(worst, difference or 0)
                print(
                    "  FAILS" if bad else "  ok   ",
                    *[f"{k}={v}" for k, v in c.items() if k not in ("prompt", "negative")],
                    "|",
                    text,
                    flush=True,
                )
                if bad:
                    failures += 1
                    kept = o.keep and f"{o.keep}/{o.seed}-{number}-{index}"
                    if kept:
                        shutil.copytree(folder, kept + "/checkpoint", dirs_exist_ok=True)
                        shutil.copytree(work, kept + "/case", dirs_exist_ok=True)
                    line = (
                        shlex.join(command).replace(work, f"{kept}/case").replace(folder, f"{kept}/checkpoint")
                        if kept
                        else shlex.join(command)
                    )
                    print("        " + line, flush=True)
    print(f"{done} cases, {failures} failures, worst {worst:.1e}")
    sys.exit(failures > 0)


main()
