#!/usr/bin/env python3
"""Times a training step of jeditrain and of PyTorch on the same U-Net and batch, in turn, and prints the ratios.

  python3 compare_training_with_pytorch.py --jeditrain ../.build/release/jeditrain --model DIR [--sets 12] [--threads 1]
      [--rounds 3] [--steps 6] [--precision f32|bf16]

A batch is of mode cached: sets of two references and two targets, forward, backward, clipping and AdamW. What counts is
the processor's time, since the machine may be shared; with several threads PyTorch's waiting counts as well, so that one
thread is the fair number. jeditrain's steps include decoding and encoding of their images, but for the first.
Needs: torch diffusers pillow numpy.
"""

import argparse, json, os, resource, statistics, subprocess, sys, tempfile

parser = argparse.ArgumentParser()
parser.add_argument("--jeditrain", required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--sets", type=int, default=12)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--steps", type=int, default=6)
parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
parser.add_argument("--pytorch-only", action="store_true", help=argparse.SUPPRESS)
options = parser.parse_args()


def pytorch():
    import torch
    import torch.nn.functional as F
    from diffusers import UNet2DConditionModel

    torch.set_num_threads(options.threads)
    unet = UNet2DConditionModel.from_config(json.load(open(f"{options.model}/unet/config.json")))
    sets = options.sets

    class OneWay:
        """The first half of the batch are references, two a set, each alone; a target sees itself and both."""

        def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **kw):
            x, (b, n, c) = hidden_states, hidden_states.shape
            q, k, v = attn.to_q(x), attn.to_k(x), attn.to_v(x)
            split = lambda y: y.reshape(y.shape[0], -1, attn.heads, c // attn.heads).transpose(1, 2)
            first = 2 * sets

            def seen(y):
                references = y[:first].reshape(sets, 1, 2 * n, c).expand(sets, 2, 2 * n, c)
                return torch.cat([y[first:].reshape(sets, 2, n, c), references], 2).reshape(2 * sets, 3 * n, c)

            alone = F.scaled_dot_product_attention(split(q[:first]), split(k[:first]), split(v[:first]))
            targets = F.scaled_dot_product_attention(split(q[first:]), split(seen(k)), split(seen(v)))
            return attn.to_out[0](torch.cat([alone, targets]).transpose(1, 2).reshape(b, n, c))

    for name, module in unet.named_modules():
        if name.endswith("attn1"):
            module.processor = OneWay()
    config, images = unet.config, 4 * sets
    x = torch.randn(images, config.in_channels, config.sample_size, config.sample_size)
    t = torch.cat([torch.zeros(2 * sets), torch.randint(0, 1000, (2 * sets,))]).long()
    context = torch.randn(images, 16, config.cross_attention_dim)
    y = torch.randn(2 * sets, config.out_channels, config.sample_size, config.sample_size)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-4)

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bf16"):
            out = unet(x, t, context)[0]
        ((out[2 * sets :].float() - y) ** 2).mean().backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()

    def used():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    step(), step()
    before = used()
    for _ in range(options.steps):
        step()
    print((used() - before) / options.steps)


def ours(folder):
    run = tempfile.mkdtemp(dir=folder)
    subprocess.run(
        [options.jeditrain, "train", f"{folder}/config.yaml", "--out", run], check=True, capture_output=True
    )
    log = [json.loads(line) for line in open(f"{run}/log.jsonl")]
    return (log[-1]["processor_seconds"] - log[1]["processor_seconds"]) / (len(log) - 2)


def main():
    import numpy as np
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        random = np.random.default_rng(0)
        for subject in range(options.sets):
            os.makedirs(f"{folder}/data/{subject}")
            for image in range(4):
                pixels = random.integers(0, 256, (64, 64, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(f"{folder}/data/{subject}/{image}.png")
                open(f"{folder}/data/{subject}/{image}.txt", "w").write("a photo of the thing")
        settings = dict(
            model=os.path.abspath(options.model), data=f"{folder}/data", mode="cached", images=4, known_minimum=2,
            known_maximum=2, drop_text=0, drop_references=0, drop_reference=0, sets=options.sets,
            steps=options.steps + 2, threads=options.threads, sample_every=0, snapshot_every=1000000,
            precision=options.precision,
        )
        open(f"{folder}/config.yaml", "w").write("".join(f"{k}: {v}\n" for k, v in settings.items()))
        ratios, times = [], []
        for _ in range(options.rounds):
            mine = ours(folder)
            command = [sys.executable, __file__, "--pytorch-only"] + sys.argv[1:]
            theirs = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            ratios.append(mine / theirs)
            times.append((mine, theirs))
            print(f"jeditrain {mine:.2f} s, PyTorch {theirs:.2f} s of a processor a step, ratio {ratios[-1]:.2f}")
        print(f"median ratio {statistics.median(ratios):.2f}")


pytorch() if options.pytorch_only else main()
