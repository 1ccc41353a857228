#!/usr/bin/env python3
"""Makes the HEIC, AVIF and WebP pictures beside this file and the pixels that decoding them must give.

    apt-get install libheif-examples webp        # Debian 12: heif-enc 1.15.1, cwebp and webpmux 1.2.4
    pip install pillow==13.0.0 pillow-heif==1.8.1
    python Tests/ImagesTests/Fixtures/make_phone_fixtures.py

The pictures are made of those that make_fixtures.py made. Debian's tools encode, Pillow with decoders of
its own says what must come out. phone.json lists everything.
"""

import json
import struct
import subprocess
import tempfile
from pathlib import Path

import pillow_heif
from PIL import Image, ImageOps

HERE = Path(__file__).parent
DECODING = []
pillow_heif.register_heif_opener()


def run(*command):
    subprocess.run([str(part) for part in command], check=True, cwd=HERE, stdout=subprocess.DEVNULL)


def expect(file, tolerance, orientation=1):
    picture = ImageOps.exif_transpose(Image.open(HERE / file))
    if picture.mode != "RGB":
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    expected = file + ".rgb"
    (HERE / expected).write_bytes(picture.tobytes())
    entry = {"file": file, "expected": expected, "width": picture.width, "height": picture.height}
    DECODING.append(entry | {"tolerance": tolerance, "orientation": orientation})


def heif(source, file, *options):
    run("heif-enc", "-q", 80, *options, source, "-o", file)


def boxes(data, start, end):
    """(type, start, end) of the boxes in a part of `data`, heads included."""
    while start < end:
        size = struct.unpack_from(">I", data, start)[0]
        yield data[start + 4 : start + 8], start, start + size
        start += size


def find(data, path, start=0, end=None):
    """Where the first box of a path of types stands."""
    end = len(data) if end is None else end
    kind, *rest = path
    for found, first, last in boxes(data, start, end):
        if found == kind:
            skip = 12 if kind == b"meta" else 8
            return find(data, rest, first + skip, last) if rest else (first, last)
    raise KeyError(path)


def with_properties(data, properties):
    """The same file whose picture, the item that pitm names, has more properties: box type and contents."""
    data = bytearray(data)
    iprp = [b"meta", b"iprp"]

    def insert(path, where, new):
        for depth in range(1, len(path) + 1):
            first, last = find(data, path[:depth])
            struct.pack_into(">I", data, first, last - first + len(new))
        data[where:where] = new

    before = len(data)
    primary = struct.unpack_from(">H", data, find(data, [b"meta", b"pitm"])[0] + 12)[0]
    for kind, contents in properties:
        first, last = find(data, iprp + [b"ipco"])
        number = 1 + sum(1 for _ in boxes(data, first + 8, last))
        insert(iprp + [b"ipco"], last, struct.pack(">I", 8 + len(contents)) + kind + contents)
        place = find(data, iprp + [b"ipma"])[0] + 16
        while struct.unpack_from(">H", data, place)[0] != primary:
            place += 3 + data[place + 2]
        end = place + 3 + data[place + 2]
        data[place + 2] += 1
        insert(iprp + [b"ipma"], end, bytes([0x80 | number]))
    # Items that lie behind the description have moved.
    first, _ = find(data, [b"meta", b"iloc"])
    assert data[first + 8] == 1 and data[first + 12 : first + 14] == b"\x44\x40"
    for item in range(struct.unpack_from(">H", data, first + 14)[0]):
        place = first + 16 + 20 * item
        if data[place + 3] == 0:
            base = struct.unpack_from(">I", data, place + 6)[0]
            struct.pack_into(">I", data, place + 6, base + len(data) - before)
    return bytes(data)


def crop(width, height, image_width, image_height):
    """A clean aperture at the top left."""
    return b"clap", struct.pack(
        ">IIIIiIiI", width, 1, height, 1, width - image_width, 2, height - image_height, 2)


def make_heif():
    # One picture, an odd size, which HEIC crops from an even one; transparency; 10 bits.
    # Pillow's AVIF decoder smooths colours that are stored coarser than light; these are not.
    for ending, options in [("heic", []), ("avif", ["-p", "chroma=444"])]:
        heif("resize.png", f"odd.{ending}", *options)
        expect(f"odd.{ending}", 3)
        heif("rgba-8.png", f"clear.{ending}", *options)
        expect(f"clear.{ending}", 3)
    heif("rgb-16.png", "deep.heic", "-b", 10)
    expect("deep.heic", 3)
    # Exif says otherwise and does not count.
    heif("orientation-6-le.jpg", "exif-6.heic")
    expect("exif-6.heic", 3)
    # Even sides: Debian's libheif turns the coarser colour planes as they are, which shifts those of odd ones.
    scene = Image.open(HERE / "resize.png").crop((0, 0, 64, 48))
    with tempfile.NamedTemporaryFile(suffix=".png") as even:
        scene.save(even.name)
        heif(even.name, "even.heic")
    expect("even.heic", 3)
    plain = (HERE / "even.heic").read_bytes()
    turns = {
        "left": [(b"irot", b"\x01")],
        "down": [(b"irot", b"\x02")],
        "right": [(b"irot", b"\x03")],
        "mirror-0": [(b"imir", b"\x00")],
        "mirror-1": [(b"imir", b"\x01")],
        "left-mirror": [(b"irot", b"\x01"), (b"imir", b"\x00")],
        "cropped-right": [crop(40, 20, 64, 48), (b"irot", b"\x03")],
    }
    for name, properties in turns.items():
        (HERE / f"{name}.heic").write_bytes(with_properties(plain, properties))
        expect(f"{name}.heic", 3)


def make_webp():
    run("cwebp", "-quiet", "-q", 80, "resize.png", "-o", "lossy.webp")
    expect("lossy.webp", 2)
    run("cwebp", "-quiet", "-lossless", "resize.png", "-o", "lossless.webp")
    expect("lossless.webp", 0)
    run("cwebp", "-quiet", "-q", 80, "rgba-8.png", "-o", "clear.webp")
    expect("clear.webp", 2)
    run("cwebp", "-quiet", "-lossless", "rgba-8.png", "-o", "clear-lossless.webp")
    expect("clear-lossless.webp", 1)
    for orientation in (3, 6):
        run("cwebp", "-quiet", "-metadata", "exif", f"orientation-{orientation}-le.jpg",
            "-o", f"turned-{orientation}.webp")
        expect(f"turned-{orientation}.webp", 2, orientation)
    frames = [Image.open(HERE / name).convert("RGB") for name in ("rgb-8.png", "palette-8.png")]
    frames[0].save(HERE / "animation.webp", save_all=True, append_images=frames[1:], duration=100)


make_heif()
make_webp()
(HERE / "phone.json").write_text(json.dumps({"decoding": DECODING}, indent=1) + "\n")
