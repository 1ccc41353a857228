#!/usr/bin/env python3
"""How far an option changes the embedded model's pictures: PSNR to those made without it, same seeds.

  python3 compare_pictures.py --jedid ../.build/release/jedid -- --deep-every 2

Twelve pictures: each toy of ../examples, from its first three photos, in four scenes. Needs: pillow numpy.
"""

import argparse, os, subprocess, tempfile
import numpy as np
from PIL import Image

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples")
SUBJECTS = {"green-cat": "cat", "striped-cat": "cat", "lime-car": "car"}
SCENES = ["on a beach", "in the snow", "on the moon", "in a forest"]

parser = argparse.ArgumentParser()
parser.add_argument("--jedid", required=True)
parser.add_argument("--size", default="128x128", help="of the pictures")
parser.add_argument("option", nargs="+", help="what `jedid generate` is told besides, behind --")
options = parser.parse_args()


def picture(folder, subject, seed, more):
    path = os.path.join(folder, "picture.png")
    photos = [os.path.join(EXAMPLES, subject, f"{number}.png") for number in range(3)]
    prompt = f"a photo of the {SUBJECTS[subject]} {SCENES[seed]}"
    command = [options.jedid, "generate", "--seed", str(seed + 1), "--prompt", prompt, "-o", path]
    command += ["--size", options.size, *more]
    subprocess.run(command + ["--reference", *photos], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return np.asarray(Image.open(path).convert("RGB"), float)


with tempfile.TemporaryDirectory() as folder:
    decibels = []
    for subject in SUBJECTS:
        for seed in range(len(SCENES)):
            plain, other = picture(folder, subject, seed, []), picture(folder, subject, seed, options.option)
            decibels.append(10 * np.log10(255**2 / max(1e-9, ((plain - other) ** 2).mean())))
print(f"{' '.join(options.option)}: {np.mean(decibels):.1f} dB in the mean, {np.min(decibels):.1f} at least")
