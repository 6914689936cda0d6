"""What is in a recording, in lines for people."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from carla_bridge.recording.reader import RecordedDrive


def lost_ticks(ticks: np.ndarray) -> int:
    """Return how many ticks are missing between the first and the last; `ticks` N,2 as `RecordedDrive` has them."""
    return int(ticks[-1, 0] - ticks[0, 0] + 1 - len(ticks)) if len(ticks) else 0


def describe(path: Path) -> Iterator[str]:
    """Yield lines about a recording: the drive, its cameras, its length, and how many messages each topic has."""
    with RecordedDrive(path) as drive:
        meta, ticks = drive.recording, drive.ticks
        yield f"{path}: {len(drive)} frames, {path.stat().st_size / 1e6:.1f} MB"
        if not drive.whole:
            yield f"  not finished; readable as it is, `carla-bridge repair {path}` makes it whole for other tools"
        seed = "" if meta.seed is None else f", seed {meta.seed}"
        yield f"  map {meta.map_name}, server {meta.server_version}, tag table {meta.tag_table}{seed}"
        if meta.source:
            yield f"  imported from {meta.source}"
        if len(ticks):
            start_s, end_s = ticks[0, 1] / 1e9, ticks[-1, 1] / 1e9
            yield (
                f"  ticks {ticks[0, 0]} to {ticks[-1, 0]}, {start_s:.2f} to {end_s:.2f} s of simulation, "
                f"{meta.fps_hz:g} frames/s"
            )
        if meta.asynchronous:
            yield f"  recorded without waiting: {lost_ticks(ticks)} ticks in between are missing"
        for camera in meta.cameras:
            yield f"  camera {camera.name}: {camera.width}×{camera.height}, {camera.fov_deg:g}° wide"
        for topic, count in sorted(drive.topics().items()):
            yield f"  {count:8d} {topic}"
