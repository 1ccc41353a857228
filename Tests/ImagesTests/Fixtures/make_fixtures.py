#!/usr/bin/env python3
"""Makes the pictures beside this file and the pixels that decoding them must give.

    pip install pillow==13.0.0 numpy==2.4.6
    python Tests/ImagesTests/Fixtures/make_fixtures.py

Pixels are stored raw: RGB, row-major, 8 bits, in <name>.rgb. Those of a JPEG come from Pillow's decoder.
Those of a PNG come from the samples that went into the file, by numpy, and never saw a decoder; Pillow
must agree where it reads the kind. Resized pixels come from Pillow. fixtures.json lists everything.
"""

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin

HERE = Path(__file__).parent
MANIFEST = {"decoding": [], "resizing": [], "texts": []}


EXPECTED = {}


def write(name, data):
    (HERE / name).write_bytes(data)


def write_expected(name, pixels):
    """Stores equal pixels once; the name under which they are."""
    data = np.asarray(pixels).tobytes()
    if data not in EXPECTED:
        EXPECTED[data] = name
        write(name, data)
    return EXPECTED[data]


def expect(file, pixels, tolerance, **more):
    """Records that decoding `file` must give `pixels`, shape [height, width, 3]."""
    pixels = np.asarray(pixels)
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3, (file, pixels.shape)
    expected = write_expected(Path(file).stem + ".rgb", pixels)
    height, width, _ = pixels.shape
    entry = {"file": file, "expected": expected, "width": width, "height": height, "tolerance": tolerance}
    MANIFEST["decoding"].append(entry | more)


def scene(width, height):
    """A picture without symmetry: slopes, a disc, a bar, some noise. Shape [height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width]
    u, v = x / (width - 1), y / (height - 1)
    red = 40 + 180 * u
    green = 30 + 160 * v
    blue = 200 - 120 * u * v
    picture = np.stack([red, green, blue], axis=-1)
    picture[(u - 0.35) ** 2 + (v - 0.4) ** 2 < 0.05] = [230, 60, 40]
    picture[(u > 0.7) & (u < 0.85) & (v > 0.2)] = [20, 120, 60]
    noise = np.random.default_rng(7).normal(0, 4, picture.shape)
    return np.clip(picture + noise, 0, 255).round().astype(np.uint8)


# JPEG


def jpeg_bytes(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85, **options)
    return buffer.getvalue()


def jpeg(name, data, tolerance=2, **more):
    write(name, data)
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    expect(name, np.asarray(picture.convert("RGB")), tolerance, **more)


def exif(orientation, order, long=False):
    """An Exif block with another entry before the orientation."""
    kind, value = (4, struct.pack(order + "I", orientation)) if long else (3, struct.pack(order + "HH", orientation, 0))
    return (
        (b"II" if order == "<" else b"MM")
        + struct.pack(order + "HIH", 42, 8, 2)
        + struct.pack(order + "HHII", 0x0100, 4, 1, 24)
        + struct.pack(order + "HHI", 0x0112, kind, 1)
        + value
        + struct.pack(order + "I", 0)
    )


def adobe_transform(data, transform):
    """The same JPEG with another colour transform in its Adobe segment, or without the segment."""
    start = data.index(b"\xff\xee\x00\x0eAdobe")
    if transform is None:
        return data[:start] + data[start + 16 :]
    return data[: start + 15] + bytes([transform]) + data[start + 16 :]


def make_jpegs():
    photo = Image.fromarray(scene(37, 29))
    for name, sampling in [("444", "4:4:4"), ("422", "4:2:2"), ("420", "4:2:0")]:
        jpeg(f"baseline-{name}.jpg", jpeg_bytes(photo, subsampling=sampling))
        jpeg(f"progressive-{name}.jpg", jpeg_bytes(photo, subsampling=sampling, progressive=True))
    jpeg("restarts.jpg", jpeg_bytes(photo, subsampling="4:2:0", restart_marker_blocks=1))
    jpeg("rgb.jpg", jpeg_bytes(photo, keep_rgb=True))
    jpeg("grey.jpg", jpeg_bytes(photo.convert("L")))
    jpeg("grey-progressive.jpg", jpeg_bytes(photo.convert("L"), progressive=True))
    # A profile that swaps nothing but is long enough to need reading past.
    jpeg("profile.jpg", jpeg_bytes(photo, icc_profile=bytes(range(256)) * 4))

    ink = 255 - np.asarray(photo).astype(int)
    black = ink.min(axis=-1, keepdims=True) // 2
    cmyk = np.concatenate([ink - black, black], axis=-1).astype(np.uint8)
    inks = jpeg_bytes(Image.fromarray(cmyk, mode="CMYK"))
    jpeg("cmyk.jpg", inks, 3)
    jpeg("cmyk-progressive.jpg", jpeg_bytes(Image.fromarray(cmyk, mode="CMYK"), progressive=True), 3)
    jpeg("cmyk-without-adobe.jpg", adobe_transform(inks, None), 3)
    # Pillow stores 255 - v of each channel. YCCK holds the Y, Cb, Cr of what CMYK would have stored.
    stored = Image.fromarray(255 - cmyk[..., :3]).convert("YCbCr")
    ycck = np.concatenate([255 - np.asarray(stored), cmyk[..., 3:]], axis=-1)
    jpeg("ycck.jpg", adobe_transform(jpeg_bytes(Image.fromarray(ycck, mode="CMYK")), 2), 3)

    small = Image.fromarray(scene(24, 17))
    for orientation in range(1, 9):
        for order, letter in [("<", "le"), (">", "be")]:
            if order == ">" and orientation not in (3, 6):
                continue
            data = jpeg_bytes(small, subsampling="4:4:4", exif=b"Exif\0\0" + exif(orientation, order))
            jpeg(f"orientation-{orientation}-{letter}.jpg", data, orientation=orientation)
    data = jpeg_bytes(small, subsampling="4:4:4", exif=b"Exif\0\0" + exif(8, ">", long=True))
    jpeg("orientation-8-long.jpg", data, orientation=8)

    # Decoded at 1/2 and 1/4 of its size by libjpeg's scaled transform, which Pillow calls a draft.
    data = jpeg_bytes(Image.fromarray(scene(163, 121)), subsampling="4:2:0")
    write("large.jpg", data)
    for target, side in [((40, 30), 82), ((20, 15), 41)]:
        draft = Image.open(io.BytesIO(data))
        draft.draft("RGB", (2 * target[0], 2 * target[1]))
        assert draft.width == side, draft.size
        pixels = np.asarray(draft.convert("RGB"))
        expected = write_expected(f"large-{side}.rgb", pixels)
        MANIFEST["decoding"].append(
            {
                "file": "large.jpg",
                "expected": expected,
                "width": draft.width,
                "height": draft.height,
                "tolerance": 2,
                "forWidth": target[0],
                "forHeight": target[1],
            }
        )


# PNG: an encoder of its own, since Pillow writes few of the kinds that it reads.

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def scanlines(samples, depth):
    """Rows of [height, width, channels] samples, packed, filtered with none, sub and up by turns."""
    height, width, channels = samples.shape
    if depth == 16:
        rows = [row.astype(">u2").tobytes() for row in samples]
    elif depth == 8:
        rows = [row.astype(np.uint8).tobytes() for row in samples]
    else:
        rows = []
        for row in samples:
            bits = "".join(format(int(v), f"0{depth}b") for v in row.ravel())
            bits += "0" * (-len(bits) % 8)
            rows.append(int(bits, 2).to_bytes(len(bits) // 8, "big"))
    step = max(1, channels * depth // 8)
    before = bytes(len(rows[0])) if rows else b""
    out = b""
    for index, row in enumerate(rows):
        kind = index % 3
        left = bytes(step) + row[:-step] if len(row) > step else bytes(len(row))
        base = [bytes(len(row)), left, before][kind]
        out += bytes([kind]) + bytes((a - b) & 255 for a, b in zip(row, base))
        before = row
    return out


def png_bytes(samples, colour, depth, extra=b"", interlaced=False, late=b""):
    height, width, channels = samples.shape
    assert channels == CHANNELS[colour]
    if interlaced:
        data = b""
        for x, y, dx, dy in ADAM7:
            part = samples[y::dy, x::dx]
            if part.size:
                data += scanlines(part, depth)
    else:
        data = scanlines(samples, depth)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    packed = zlib.compress(data, 9)
    half = len(packed) // 2
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", packed[:half])
        + chunk(b"IDAT", packed[half:])
        + late
        + chunk(b"IEND", b"")
    )


def to8(samples, depth):
    return np.round(samples * (255.0 / (2**depth - 1)))


def over_white(colour, alpha):
    """Both 0 to 255; alpha has one channel."""
    return np.round((colour * alpha + 255.0 * (255 - alpha)) / 255).astype(np.uint8)


def png(name, data, pixels, tolerance=0, pillow=True, **more):
    write(name, data)
    expect(name, pixels, tolerance, **more)
    if pillow:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        peer = np.asarray(Image.alpha_composite(white, image).convert("RGB")).astype(int)
        # Pillow drops the low byte of 16 bits where this rounds, and lays over white in other steps.
        assert abs(peer - pixels).max() <= 2, (name, abs(peer - pixels).max())


def rgb(values):
    """Grey or RGB values, [height, width, 1 or 3], as RGB bytes."""
    return np.broadcast_to(values, values.shape[:2] + (3,)).astype(np.uint8)


def make_pngs():
    width, height = 21, 19
    colours = scene(width, height).astype(int)
    # 16-bit samples whose low bytes matter.
    deep = np.clip(colours * 257 + np.random.default_rng(1).integers(-120, 120, colours.shape), 0, 65535)
    grey, deep_grey = colours[..., 1:2], deep[..., 1:2]
    y, x = np.mgrid[0:height, 0:width]
    alpha = np.clip((x * 17 + y * 3) - 40, 0, 255)[..., None]
    deep_alpha = np.clip(alpha * 257 + 31, 0, 65535)

    for interlaced, suffix in [(False, ""), (True, "-interlaced")]:

        def save(name, samples, colour, depth, pixels, extra=b"", **more):
            data = png_bytes(samples, colour, depth, extra, interlaced)
            png(f"{name}{suffix}.png", data, pixels, **more)

        for depth in (1, 2, 4, 8):
            samples = grey >> (8 - depth)
            save(f"grey-{depth}", samples, 0, depth, rgb(to8(samples, depth)))
            indices = (x + 2 * y)[..., None] % 2**depth
            palette = np.random.default_rng(depth).integers(0, 256, (2**depth, 3))
            table = chunk(b"PLTE", palette.astype(np.uint8).tobytes())
            save(f"palette-{depth}", indices, 3, depth, palette[indices[..., 0]].astype(np.uint8), table)
            # Shorter than the palette: the rest is opaque.
            see = np.full(2**depth, 255)
            see[: 2**depth // 2] = np.arange(2**depth // 2) * 90 % 256
            clear = table + chunk(b"tRNS", bytes(see[: 2**depth // 2].astype(np.uint8)))
            pixels = over_white(palette[indices[..., 0]], see[indices])
            save(f"palette-{depth}-clear", indices, 3, depth, pixels, clear)

        # Pillow clips 16-bit grey instead of scaling it.
        save("grey-16", deep_grey, 0, 16, rgb(to8(deep_grey, 16)), pillow=False)
        save("rgb-8", colours, 2, 8, colours.astype(np.uint8))
        save("rgb-16", deep, 2, 16, to8(deep, 16).astype(np.uint8))
        save("grey-alpha-8", np.concatenate([grey, alpha], -1), 4, 8, rgb(over_white(grey, alpha)))
        both = np.concatenate([deep_grey, deep_alpha], -1)
        flat = over_white(to8(deep_grey, 16), to8(deep_alpha, 16))
        save("grey-alpha-16", both, 4, 16, rgb(flat), tolerance=1)
        save("rgba-8", np.concatenate([colours, alpha], -1), 6, 8, over_white(colours, alpha))
        flat = over_white(to8(deep, 16), to8(deep_alpha, 16))
        save("rgba-16", np.concatenate([deep, deep_alpha], -1), 6, 16, flat, tolerance=1)

    # One colour is transparent.
    key = colours[5, 7]
    hidden = (colours == key).all(-1, keepdims=True)
    pixels = np.where(hidden, 255, colours).astype(np.uint8)
    png("rgb-8-key.png", png_bytes(colours, 2, 8, chunk(b"tRNS", struct.pack(">HHH", *key))), pixels)
    samples = grey >> 4
    key = samples[3, 4, 0]
    pixels = rgb(np.where(samples == key, 255, to8(samples, 4)))
    # Pillow compares the key, 0 to 15, with grey that it has scaled to 0 to 255.
    data = png_bytes(samples, 0, 4, chunk(b"tRNS", struct.pack(">H", key)))
    png("grey-4-key.png", data, pixels, pillow=False)
    key = deep_grey[3, 4, 0]
    pixels = rgb(np.where(deep_grey == key, 255, to8(deep_grey, 16)))
    data = png_bytes(deep_grey, 0, 16, chunk(b"tRNS", struct.pack(">H", key)))
    png("grey-16-key.png", data, pixels, pillow=False)

    # Gamma 1.0 and a profile: the samples stay as they are.
    extra = chunk(b"gAMA", struct.pack(">I", 100000))
    png("gamma.png", png_bytes(colours, 2, 8, extra), colours.astype(np.uint8))
    extra = chunk(b"iCCP", b"no profile\0\0" + zlib.compress(bytes(1000)))
    png("profile.png", png_bytes(colours, 2, 8, extra), colours.astype(np.uint8))

    stored = colours.astype(np.uint8)
    data = png_bytes(colours, 2, 8, chunk(b"eXIf", exif(6, ">")))
    png("orientation-6.png", data, np.rot90(stored, -1), orientation=6)
    # The chunk may stand behind the pixels as well.
    data = png_bytes(colours, 2, 8, late=chunk(b"eXIf", exif(5, "<")))
    png("orientation-5-late.png", data, stored.transpose(1, 0, 2), orientation=5)


def make_texts():
    info = PngImagePlugin.PngInfo()
    entries = [
        ("parameters", "a red toy on a shelf\nSteps: 20, Sampler: ddim", "plain"),
        ("Title", "Größe: 5 µm", "plain"),
        ("Comment", "again and again " * 40, "compressed"),
        ("Description", "ein Hündchen 🐶 — 子犬", "international"),
        ("Long", "子犬 " * 60, "international compressed"),
    ]
    for keyword, text, kind in entries:
        if kind.startswith("international"):
            info.add_itxt(keyword, text, lang="de", tkey="Überschrift", zip=kind.endswith("compressed"))
        else:
            info.add_text(keyword, text, zip=kind == "compressed")
    Image.fromarray(scene(16, 16)).save(HERE / "texts.png", pnginfo=info)
    assert dict(Image.open(HERE / "texts.png").info) == {k: t for k, t, _ in entries}
    MANIFEST["texts"] = [{"keyword": k, "text": t} for k, t, _ in entries]


def make_resized():
    source = Image.fromarray(scene(67, 49))
    # Hard edges ring, and show a shift of half a pixel at once.
    pixels = np.asarray(source).copy()
    pixels[20:30, 10:12] = 255
    pixels[21:40:2, 40:60] = 0
    source = Image.fromarray(pixels)
    source.save(HERE / "resize.png")
    expect("resize.png", pixels, 0)
    # Pillow rounds and clips 8-bit pictures between its two passes; its floats it leaves alone.
    lanczos = Image.Resampling.LANCZOS
    for operation, sizes in {
        "resize": [(31, 23), (16, 16), (1, 1), (67, 20), (15, 49), (75, 52), (68, 50)],
        "fill": [(32, 32), (16, 24), (48, 16), (64, 40), (40, 29), (50, 80), (3, 2)],
    }.items():
        for width, height in sizes:
            size = (width, height)
            if operation == "resize":
                box = (0, 0, source.width, source.height)
            else:
                # Centred, whole along the side that has fewer pixels for the target.
                scale = min(source.width / width, source.height / height)
                left, top = (source.width - width * scale) / 2, (source.height - height * scale) / 2
                box = (left, top, left + width * scale, top + height * scale)
            channels = [np.asarray(channel.convert("F").resize(size, lanczos, box=box)) for channel in source.split()]
            image = np.clip(np.round(np.stack(channels, -1)), 0, 255).astype(np.uint8)
            expected = write_expected(f"{operation}-{width}x{height}.rgb", image)
            MANIFEST["resizing"].append(
                {
                    "file": "resize.png",
                    "operation": operation,
                    "expected": expected,
                    "width": width,
                    "height": height,
                    "tolerance": 1,
                }
            )


def main():
    for old in HERE.iterdir():
        if old.suffix in {".jpg", ".png", ".rgb"}:
            old.unlink()
    make_jpegs()
    make_pngs()
    make_texts()
    make_resized()
    write("fixtures.json", (json.dumps(MANIFEST, indent=1, ensure_ascii=False) + "\n").encode())


if __name__ == "__main__":
    main()
