#!/usr/bin/env python3
"""Times other engines on a diffusers folder, one a process, and prints seconds as JSON. bench.py runs it.

  python3 peers.py ENGINE --model DIR --size 512x512 --threads 2     # one engine
  python3 peers.py --list                                            # the engines that this Python has

Needs: torch diffusers; openvino for its engines, and nncf for its U-Net in int8 (the VAE is then bf16).
"""

import argparse
import importlib.util
import json
import time

parser = argparse.ArgumentParser()
ENGINES = ["pytorch-f32", "pytorch-bf16", "openvino-f32", "openvino-bf16", "openvino-int8"]
parser.add_argument("engine", nargs="?", choices=ENGINES)
parser.add_argument("--list", action="store_true")
parser.add_argument("--model")
parser.add_argument("--size", default="512x512")
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()


def has(*modules):
    return all(importlib.util.find_spec(module) for module in modules)


if options.list:
    engines = []
    flags = open("/proc/cpuinfo").read()
    multiplies = "avx512_bf16" in flags or "amx_bf16" in flags
    for engine, modules in [("pytorch", ["torch", "diffusers"]), ("openvino", ["torch", "diffusers", "openvino"])]:
        if has(*modules):
            engines.append(f"{engine}-f32")
            # Where the processor does not multiply bfloat16 OpenVINO computes in float32 instead, PyTorch slowly.
            if multiplies or engine == "openvino":
                engines.append(f"{engine}-bf16")
    if engines and has("nncf") and "openvino-bf16" in engines:
        engines.append("openvino-int8")
    print(json.dumps(engines))
    raise SystemExit

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel

torch.set_grad_enabled(False)
torch.set_num_threads(options.threads)
torch.manual_seed(0)
library, precision = options.engine.split("-")
kind = json.load(open(f"{options.model}/vae/config.json"))["_class_name"]
unet = UNet2DConditionModel.from_pretrained(options.model, subfolder="unet").float().eval()
vae = (AutoencoderTiny if kind == "AutoencoderTiny" else AutoencoderKL).from_pretrained(options.model, subfolder="vae")
vae = vae.float().eval()
width, height = (int(n) for n in options.size.split("x"))
tokens = json.load(open(f"{options.model}/tokenizer/tokenizer_config.json"))["model_max_length"]
f = 2 ** (len(getattr(vae.config, "block_out_channels", None) or vae.config.encoder_block_out_channels) - 1)


class Forward(torch.nn.Module):
    """A method of a network as a network, with plain tensors in and out."""

    def __init__(self, network, run):
        super().__init__()
        self.network, self.run = network, run

    def forward(self, *inputs):
        return self.run(self.network, *inputs)


def first(output):
    return output[0] if isinstance(output, tuple) else output


PARTS = {
    "unet_forward_s": (
        Forward(unet, lambda n, x, t, c: first(n(x, t, c, return_dict=False))),
        (
            torch.randn(1, unet.config.in_channels, height // f, width // f),
            torch.tensor(500.0),
            torch.randn(1, tokens, unet.config.cross_attention_dim),
        ),
    ),
    "vae_decode_s": (
        Forward(vae, lambda n, z: first(n.decode(z, return_dict=False))),
        (torch.randn(1, vae.config.latent_channels, height // f, width // f),),
    ),
    "vae_encode_s": (
        Forward(vae, lambda n, x: first(n.encoder(x))),
        (torch.randn(1, 3, height, width),),
    ),
}


def runner(module, inputs):
    if library == "pytorch":
        if precision == "bf16":
            module = module.to(torch.bfloat16, memory_format=torch.channels_last)
            inputs = [
                x.to(torch.bfloat16, memory_format=torch.channels_last) if x.dim() == 4 else x.to(torch.bfloat16)
                for x in inputs
            ]
        return lambda: module(*inputs)
    import openvino

    model = openvino.convert_model(module.eval(), example_input=inputs)
    for parameter, example in zip(model.inputs, inputs):
        parameter.get_node().set_partial_shape(openvino.PartialShape(list(example.shape)))
    model.validate_nodes_and_infer_types()
    if precision == "int8" and module is PARTS["unet_forward_s"][0]:
        # The weights are random, and so is what it is calibrated with: it is timed, not looked at.
        import nncf

        model = nncf.quantize(
            model,
            nncf.Dataset([{port.any_name: x.numpy() for port, x in zip(model.inputs, inputs)}]),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=1,
            advanced_parameters=nncf.AdvancedQuantizationParameters(disable_bias_correction=True),
        )
    hint = "f32" if precision == "f32" else "bf16"
    compiled = openvino.Core().compile_model(
        model, "CPU", {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": options.threads}
    )
    arrays = [x.numpy() for x in inputs]
    request = compiled.create_infer_request()
    return lambda: request.infer(arrays)


def seconds(run):
    run()
    times = []
    for _ in range(2):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


print(json.dumps({part: seconds(runner(module, inputs)) for part, (module, inputs) in PARTS.items()}))
