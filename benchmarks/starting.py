"""How soon a generator paints: a process of its own, from `import torch` to the first photo, by back end.

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
import sys
import numpy as np
import pix2pix
name, backend, width, height = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
pix2pix.load(name, backend=backend)(np.zeros((1, height, width), np.uint8))
"""


@click.command()
@click.option("--checkpoint", default="fast", show_default=True)
@click.option("--size", default="512x256", show_default=True)
@click.option("--starts", default=5, show_default=True)
def main(checkpoint: str, size: str, starts: int) -> None:
    """Print one row per back end of the CPU."""
    width, height = size.split("x")
    print("| back end | first start, s | later ones, s, median (fastest … slowest) |\n|---|---|---|")
    for backend in available("cpu"):
        seconds = []
        for _ in range(1 + starts):
            began_s = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", START, checkpoint, backend, width, height],
                check=True,
                stderr=subprocess.DEVNULL,
            )
            seconds.append(time.perf_counter() - began_s)
        first, *later = seconds
        middle = statistics.median(later)
        print(f"| {backend} | {first:.1f} | {middle:.1f} ({min(later):.1f} … {max(later):.1f}) |", flush=True)


if __name__ == "__main__":
    main()
