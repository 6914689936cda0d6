"""The stage table: where a frame's time goes, from the simulator's tick to the window.

    python benchmarks/stages.py [--frames 100] [--checkpoint camvid-unet] [--device cpu]

The stand-in runs as a process of its own beside the client, as in `carla-bridge demo`; the window is drawn by
pygame's dummy driver. With a CUDA device its rows follow the CPU's.
"""

import os
import platform
import re
from itertools import islice
from pathlib import Path

import click

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

SIZES = ((512, 256), (1024, 512))


@click.command()
@click.option("--frames", default=100, show_default=True)
@click.option("--checkpoint", default="camvid-unet", show_default=True)
@click.option("--device", "devices", multiple=True, help="cpu, cuda; default: all that are there")
def main(frames: int, checkpoint: str, devices: tuple[str, ...]) -> None:
    """Print the stage table for every size and device."""
    import torch

    found = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    versions = f"torch {torch.__version__}, python {platform.python_version()}"
    print(f"{cpu[1] if cpu else '?'}, {os.cpu_count()} cores, {versions}")
    print("stage, p50 / p95 in ms; frames/s are of the whole road\n")
    rows = [
        measure(checkpoint, device, *size, frames=frames) for device in devices or found for size in SIZES
    ]
    stages = list(rows[0]["stages"])
    print("| device, size | " + " | ".join(stages) + " | frames/s |")
    print("|---|" + "---|" * (len(stages) + 1))
    for row in rows:
        cells = [f"{p50:.1f} / {p95:.1f}" for p50, p95 in row["stages"].values()]
        print(f"| {row['name']} | " + " | ".join(cells) + f" | {row['fps_hz']:.1f} |")


def measure(checkpoint: str, device: str, width: int, height: int, *, frames: int) -> dict:
    """Drive `frames` frames and return the quantiles of every stage."""
    import pix2pix
    from carla_bridge.config import CameraConfig
    from carla_bridge.session import LiveDrive
    from carla_bridge.standin.process import StandInProcess
    from carla_bridge.timing import StageTimes
    from carla_bridge.translation import translate
    from carla_bridge.viewer import Viewer

    engine = pix2pix.load(checkpoint, device=device)
    engine.warm_up(height, width)
    camera, times = CameraConfig(width=width, height=height), StageTimes(window=frames)
    with (
        StandInProcess(seed=0) as server,
        LiveDrive.open(host=server.host, port=server.port, camera=camera, times=times) as drive,
        Viewer((width, height), meta=drive.meta, times=times) as viewer,
    ):
        for pair in islice(translate(drive, engine, times=times), frames):
            with times.measure("show"):
                viewer.show(pair)
            times.frame_done()
        stages = {stage: times.quantiles_ms(stage) for stage in times.stages()}
        return {"name": f"{device}, {width}×{height}", "stages": stages, "fps_hz": times.fps_hz()}


if __name__ == "__main__":
    main()
