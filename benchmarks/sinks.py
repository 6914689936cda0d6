"""What a frame costs on its way out: showing it, joining it side by side, encoding it.

Run `python benchmarks/sinks.py`; it needs no screen. Milliseconds per frame, median and 95th percentile.
"""

import os
import tempfile
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from carla_bridge.frames import DriveMeta, LabelFrame
from carla_bridge.labels import colorize
from carla_bridge.live import run_live
from carla_bridge.timing import StageTimes
from carla_bridge.video import Mp4
from carla_bridge.viewer import Viewer

FRAMES = 200
TAGS = 29  # of CARLA 0.9.14 and later
SIZES = ((512, 256), (1024, 512), (1280, 720))


class MovingDrive:
    """Blobs of tags that slide sideways: something for an encoder to do."""

    def __init__(self, width: int, height: int):
        self.meta = DriveMeta("Blobs", "none", "0.9.14", width, height, fov_deg=90.0, fps_hz=20.0)
        coarse = np.random.default_rng(0).integers(0, TAGS, (height // 32, width // 16), np.uint8)
        self._strip = cv2.resize(coarse, (2 * width, height), interpolation=cv2.INTER_NEAREST)

    def __iter__(self):
        width = self.meta.width
        for tick, shift in enumerate(islice(cycle(range(0, width, 4)), FRAMES)):
            yield LabelFrame(tick, tick / 20, np.ascontiguousarray(self._strip[:, shift : shift + width]))


def soft(label_ids):
    """Answer as an engine does, with a picture that has gradients."""
    return np.stack([cv2.GaussianBlur(image, (0, 0), 3) for image in colorize(label_ids)])


def measure(width: int, height: int, folder: Path) -> tuple[StageTimes, str]:
    """Run the live job with both sinks and return what it took."""
    import pygame  # after the viewer, which keeps it from greeting

    drive, times = MovingDrive(width, height), StageTimes()
    with (
        Viewer((width, height), meta=drive.meta, times=times) as viewer,
        Mp4(folder / f"{width}.mp4", fps_hz=20) as video,
    ):
        pygame.display.set_mode(
            (2 * width, height)
        )  # the dummy screen is small, and a window fits its screen
        run_live(drive, soft, viewer=viewer, video=video, times=times)
    return times, video.codec


def main() -> None:
    """Print one table."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    table = Table("label | photo", "stage", "p50 ms", "p95 ms", title=f"Sinks, {FRAMES} frames")
    with tempfile.TemporaryDirectory() as folder:
        for width, height in SIZES:
            times, codec = measure(width, height, Path(folder))
            for stage in ("show", "encode"):
                name = f"{stage} ({codec})" if stage == "encode" else stage
                table.add_row(f"2×{width}×{height}", name, *(f"{ms:.1f}" for ms in times.quantiles_ms(stage)))
    Console().print(table)


if __name__ == "__main__":
    main()
