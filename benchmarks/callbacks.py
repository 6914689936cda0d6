"""What a picture costs on CARLA's callback thread: every layer decoded as a camera does it, in a drive on a stand-in.

python benchmarks/callbacks.py [--width 1280 --height 720] [--frames 150]
"""

import time
from collections.abc import Callable
from itertools import islice

import click
import numpy as np

from carla_bridge import LiveDrive
from carla_bridge.cameras import LAYERS, spawn_sensor
from carla_bridge.config import CameraConfig
from carla_bridge.standin.process import StandInProcess


def timed(layer: str, took_ms: list[float]) -> Callable[..., None]:
    """Return a callback that decodes a picture and notes how long that took."""

    def receive(image) -> None:
        began_s = time.perf_counter()
        LAYERS[layer].decode(image.raw_data, height=image.height, width=image.width)
        took_ms.append(1000 * (time.perf_counter() - began_s))

    return receive


@click.command()
@click.option("--width", default=1280, show_default=True)
@click.option("--height", default=720, show_default=True)
@click.option("--frames", default=150, show_default=True)
def main(width: int, height: int, frames: int) -> None:
    """Print one row per layer, all of them at once on one car."""
    camera = CameraConfig(width=width, height=height)
    took_ms: dict[str, list[float]] = {layer: [] for layer in LAYERS}
    with (
        StandInProcess(seed=0) as server,
        LiveDrive.open(host=server.host, port=server.port, camera=camera) as drive,
    ):
        sensors = []
        try:
            for layer, found in took_ms.items():
                sensors.append(spawn_sensor(drive.world, layer, camera, parent=drive.ego))
                sensors[-1].listen(timed(layer, found))
            for _ in islice(drive, frames):
                pass
        finally:
            for sensor in sensors:
                sensor.stop()
                sensor.destroy()
    print("| layer | median ms | p95 ms | pictures |\n|---|---|---|---|")
    for layer, found in took_ms.items():
        print(f"| {layer} | {np.median(found):.2f} | {np.quantile(found, 0.95):.2f} | {len(found)} |")


if __name__ == "__main__":
    main()
