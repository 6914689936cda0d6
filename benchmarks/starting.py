"""How soon a generator paints in a process of its own, by back end: from its first line to its first photo, and in all.

    python benchmarks/starting.py [--checkpoint fast] [--size 512x256] [--starts 5]

The first start of each, which may have to build what later ones find on disk, is told apart.
"""

import statistics
import subprocess
import sys
import time

import click

from pix2pix.backends import available

START = """
import time
began_s = time.perf_counter()
import sys
import numpy as np
import pix2pix
name, backend, width, height = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
pix2pix.load(name, backend=backend)(np.zeros((1, height, width), np.uint8))
print(time.perf_counter() - began_s)
"""


@click.command()
@click.option("--checkpoint", default="fast", show_default=True)
@click.option("--size", default="512x256", show_default=True)
@click.option("--starts", default=5, show_default=True)
def main(checkpoint: str, size: str, starts: int) -> None:
    """Print one row per back end of the CPU."""
    width, height = size.split("x")
    print(
        "| back end | first start, s | later ones, s, median (fastest … slowest) | the whole process, s, median |"
    )
    print("|---|---|---|---|")
    for backend in available("cpu"):
        painted_s, ended_s = [], []
        for _ in range(1 + starts):
            began_s = time.perf_counter()
            command = [sys.executable, "-c", START, checkpoint, backend, width, height]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            ended_s.append(time.perf_counter() - began_s)
            painted_s.append(float(done.stdout))
        first, *later = painted_s
        middle, whole = statistics.median(later), statistics.median(ended_s[1:])
        spread = f"{middle:.1f} ({min(later):.1f} … {max(later):.1f})"
        print(f"| {backend} | {first:.1f} | {spread} | {whole:.1f} |", flush=True)


if __name__ == "__main__":
    main()
