#!/usr/bin/env python3
"""What the parts of a picture cost here, beside other engines where a Python with them is given. `make bench` runs it.

  python3 bench.py --jedid ../.build/release/jedid --model DIR [--size 512x512] [--threads 2] [--rounds 3] [--repeat 2]
                   [--peers PYTHON] [--references 0,1,2,3,4,8] [--precision bf16] [--profile]

Prints three tables: jedid beside the others (as ratios of runs that alternate: machines are shared, and the median of a
ratio says more than any time), in the other's precision; what references add, cached and joint, in time and memory; and with
--profile what each operation of a forward takes, beside the machine's peak in the same run, both in --precision.
"""

import argparse
import json
import os
import statistics
import subprocess

parser = argparse.ArgumentParser()
parser.add_argument("--jedid", required=True)
parser.add_argument("--model", required=True, help="a diffusers folder; make_sd15_checkpoint.py makes a random one")
parser.add_argument("--size", help="the model's own by default")
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--repeat", type=int, default=2, help="timed runs of each part in a round")
parser.add_argument("--peers", help="a Python that has torch and diffusers, or openvino besides")
parser.add_argument("--references", default="0,1,2,3,4,8")
parser.add_argument("--precision", default="f32", help="of what is not beside another engine")
parser.add_argument("--profile", action="store_true")
options = parser.parse_args()
repeat = str(options.repeat)
PARTS = {"unet_forward_s": "U-Net, one forward", "vae_decode_s": "VAE decode", "vae_encode_s": "VAE encode"}


def jedid(*arguments, precision=options.precision):
    command = [options.jedid, "benchmark", "--model", options.model, "--threads", str(options.threads)]
    command += ["--precision", precision, "--json", *arguments]
    return json.loads(subprocess.check_output(command + (["--size", options.size] if options.size else [])))


def peer(engine, size):
    command = [options.peers, os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers.py")]
    if engine is None:
        return json.loads(subprocess.check_output(command + ["--list"]))
    command += [engine, "--model", options.model, "--size", size, "--threads", str(options.threads)]
    return json.loads(subprocess.check_output(command, stderr=subprocess.DEVNULL))


def heading(text):
    print(f"\n{text}\n", flush=True)


first = jedid("--references", "0", "--repeat", "1", "--unet-only")
size = f"{first['width']}x{first['height']}"
heading(f"{first['model']}, {size}, {options.threads} threads")

# 1. Beside others, each of them in turn with jedid in the same precision.
engines = peer(None, size) if options.peers else []
for engine in engines:
    precision = engine.split("-")[1]
    rounds = []
    for number in range(options.rounds):
        rounds.append((jedid("--references", "0", "--repeat", repeat, precision=precision), peer(engine, size)))
        print(f"# {engine}, round {number + 1} of {options.rounds}", flush=True)
    print(f"| {engine} | jedid | {engine} | ratio |\n|---|---|---|---|")
    for part, name in PARTS.items():
        ours = statistics.median(a[part] for a, _ in rounds)
        theirs = statistics.median(b[part] for _, b in rounds)
        ratio = statistics.median(a[part] / b[part] for a, b in rounds)
        print(f"| {name} | {ours:.3g} s | {theirs:.3g} s | {ratio:.2f} |")
    print(flush=True)

# 2. What references add to one forward.
print("| references | cached | of a plain forward | peak memory | joint | of a plain forward | peak memory |")
print("|---|---|---|---|---|---|---|")
for count in options.references.split(","):
    cells = []
    for mode in ["cached", "joint"]:
        run = jedid("--references", count, "--mode", mode, "--repeat", repeat, "--unet-only")
        with_references = run.get("unet_forward_with_references_s", run["unet_forward_s"])
        ratio = with_references / run["unet_forward_s"]
        cells += [f"{with_references:.3g} s", f"{ratio:.2f}", f"{run['peak_memory_bytes'] >> 20} MiB"]
    print(f"| {count} | {' | '.join(cells)} |", flush=True)

# 3. Where a forward's time goes.
if options.profile:
    heading("One forward")
    command = [options.jedid, "benchmark", "--model", options.model, "--threads", str(options.threads)]
    command += ["--precision", options.precision]
    command += ["--references", "0", "--profile", "--unet-only"] + (["--size", options.size] if options.size else [])
    print(subprocess.check_output(command, text=True).split("\n\n", 1)[1])
