"""Weights that need not be stored: a counter-based random generator that numpy and Swift compute alike.

seed      FNV-1a (64 bits) of the UTF-8 of "<component>/<key in the safetensors file>"
element i z = SplitMix64's finaliser of seed + (i + 1) * 0x9E3779B97F4A7C15 (mod 2^64)
          u = float32(z >> 40) * 2^-24 * 2 - 1, exact, in [-1, 1)
value     embedding tables          0.5 u
          other ranks >= 2          u * float32(sqrt(3 / fan_in)), fan_in = product of all extents but the first
          rank 1, name *.weight     1 + 0.1 u        (norms)
          rank 1, otherwise         0.1 u            (biases)
All products and sums in float32, each rounded, none fused: the two sides agree bit for bit.
"""

import numpy as np


def seed(component, key):
    h = 0xCBF29CE484222325
    for byte in f"{component}/{key}".encode():
        h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return h


def uniform(seed, count):
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24) * np.float32(2) - np.float32(1)


def tensor(component, key, shape):
    count = int(np.prod(shape))
    u = uniform(seed(component, key), count)
    if "embedding.weight" in key:
        value = np.float32(0.5) * u
    elif len(shape) >= 2:
        value = u * np.float32(np.sqrt(3.0 / np.prod(shape[1:])))
    elif key.endswith(".weight"):
        value = np.float32(1) + np.float32(0.1) * u
    else:
        value = np.float32(0.1) * u
    return value.astype(np.float32).reshape(shape)
