#!/usr/bin/env python3
"""What the daemon costs: scans, answers and memory with many subjects, and answers beside an engine that works.

  python3 measure_daemon.py --programs ../.build/release [--subjects 10000] [--photos 5]

The photos are read once before, so that the scans are of the daemon and not of the disk. Needs nothing but Python.
"""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import struct
import subprocess
import tempfile
import time
import zlib

parser = argparse.ArgumentParser()
parser.add_argument("--programs", required=True)
parser.add_argument("--subjects", type=int, default=10000)
parser.add_argument("--photos", type=int, default=5)
options = parser.parse_args()
programs = pathlib.Path(options.programs).resolve()


def png(number, side=32):
    """A photo of one colour, another for each number."""
    colour = struct.pack(">I", number)[1:]
    rows = (b"\0" + colour * side) * side

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Daemon:
    """A daemon on a place, until it is closed."""

    def __init__(self, place):
        self.log = open(place / "jedid.log", "w+")
        self.socket = place / "jedid.sock"
        command = [programs / "jedid", "run", "--root", place / "root", "--state", place / "state"]
        self.process = subprocess.Popen([*command, "--socket", self.socket], stderr=self.log)
        while "waiting for changes" not in self.words():
            if self.process.poll() is not None:
                raise SystemExit(f"jedid has ended:\n{self.words()}")
            time.sleep(0.05)

    def words(self):
        self.log.seek(0)
        return self.log.read()

    def scan_seconds(self):
        return float(re.search(r"looked at \d+ subjects in ([\d.]+) s", self.words())[1])

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def jedictl(self, *words):
        return subprocess.run([programs / "jedictl", *words, "--socket", self.socket], capture_output=True, text=True)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def milliseconds(work, times=40):
    """Median and maximum of so many runs."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return f"median {statistics.median(taken):.0f} ms, at most {max(taken):.0f} ms"


place = pathlib.Path(tempfile.mkdtemp(prefix="jedi-many-"))
try:
    for subject in range(options.subjects):
        folder = place / "root" / f"subject{subject:05}"
        folder.mkdir(parents=True)
        for photo in range(options.photos):
            (folder / f"photo{photo}.png").write_bytes(png(subject * options.photos + photo))
    print(f"{options.subjects} subjects of {options.photos} photos, {os.cpu_count()} cores")
    start = milliseconds(lambda: subprocess.run([programs / "jedictl", "--version"], capture_output=True))
    print(f"jedictl --version, the program's start: {start}")
    time.sleep(3)
    daemon = Daemon(place)
    print(f"first scan: {daemon.scan_seconds()} s")
    daemon.close()
    daemon = Daemon(place)
    print(f"scan after a restart: {daemon.scan_seconds()} s")
    print(f"jedictl status: {milliseconds(lambda: daemon.jedictl('status'))}")
    print(f"the daemon's memory: {daemon.resident_mib():.0f} MiB")
    daemon.close()

    shutil.rmtree(place / "root")
    (place / "root" / "rex").mkdir(parents=True)
    for photo in range(3):
        (place / "root" / "rex" / f"photo{photo}.png").write_bytes(png(photo))
    daemon = Daemon(place)
    print(f"one subject, nothing to do; jedictl status: {milliseconds(lambda: daemon.jedictl('status'))}")
    (place / "root" / "rex" / "prompt.txt").write_text("a photo of the cat in the snow --steps 1000 --count 20\n")
    while "step" not in daemon.jedictl("status").stdout:
        time.sleep(0.2)
    print(f"the same beside a picture under way: {milliseconds(lambda: daemon.jedictl('status'))}")
    daemon.close()
finally:
    shutil.rmtree(place)
