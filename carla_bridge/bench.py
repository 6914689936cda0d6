"""How fast the whole road is: from a server's tick to the window, and from a recording to a video.

It knows no stand-in and no checkpoint: whoever calls it brings a server's address and an engine.
"""

import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from carla_bridge.config import CameraConfig, ServerConfig, SessionConfig
from carla_bridge.convert import ConvertSettings, Identity, convert
from carla_bridge.labels import tag_table
from carla_bridge.live import run_live
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.session import LiveDrive
from carla_bridge.timing import StageTimes
from carla_bridge.translation import Engine
from carla_bridge.viewer import Viewer

WARM_FRAMES = 10  # of a drive that don't count


@dataclass(frozen=True)
class LiveRow:
    """One drive, shown in a window."""

    name: str
    size: str
    overlap: bool
    frames: int
    frames_per_s: float  # of all of them
    stages: dict[str, tuple[float, float]]  # median and 95th percentile in ms


@dataclass(frozen=True)
class ConvertRow:
    """One recording made a video, beside the engine alone on the same frames."""

    name: str
    size: str
    batch_size: int
    frames: int
    frames_per_s: float
    engine_frames_per_s: float


def bench_live(
    server: ServerConfig,
    engine: Engine,
    camera: CameraConfig,
    *,
    name: str,
    frames: int,
    overlap: bool,
    vehicles: int = 0,
) -> LiveRow:
    """Drive and show, and return what each stage took; the window is as large as the pictures."""
    times, began = StageTimes(window=frames), []

    def done_one(done: int) -> None:
        if done == WARM_FRAMES:
            times.forget()
            began.append(time.perf_counter())

    size = camera.width, camera.height
    session = SessionConfig(vehicles=vehicles)
    with (
        LiveDrive.open(server, camera=camera, session=session, times=times) as drive,
        Viewer(size, meta=drive.meta, times=times) as viewer,
    ):
        total = frames + WARM_FRAMES
        run_live(drive, engine, viewer=viewer, frames=total, overlap=overlap, times=times, done_one=done_one)
        rate = frames / (time.perf_counter() - began[0])
    stages = {stage: times.quantiles_ms(stage) for stage in times.stages()}
    return LiveRow(name, f"{size[0]}×{size[1]}", overlap, frames, rate, stages)


def bench_convert(
    server: ServerConfig, engine: Engine, camera: CameraConfig, *, name: str, frames: int, batch_size: int
) -> ConvertRow:
    """Record a drive, make a video of it and return how fast that went."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drive.mcap"
        with (
            LiveDrive.open(server, camera=camera) as live,
            DriveWriter(path, live.recording, overwrite=True) as writer,
        ):
            for tick in islice(live.ticks(), frames):
                writer.write(tick)
        with RecordedDrive(path) as drive:
            alone = _engine_alone(drive, engine, batch_size)
            settings = ConvertSettings(batch_size=batch_size)
            identity = Identity("", "", "front", name, "", "", drive.meta, "", "", settings)
            started = time.perf_counter()
            convert(drive, engine, path.with_suffix(".mp4"), identity)
            rate = frames / (time.perf_counter() - started)
    return ConvertRow(name, f"{camera.width}×{camera.height}", batch_size, frames, rate, alone)


def _engine_alone(drive: RecordedDrive, engine: Engine, batch_size: int) -> float:
    table = tag_table(drive.meta.tag_table)
    ids = [table.label_ids(frame.tags) for frame in drive]
    batches = [np.stack(ids[start : start + batch_size]) for start in range(0, len(ids), batch_size)]
    engine(batches[0])
    started = time.perf_counter()
    for batch in batches:
        engine(batch)
    return len(ids) / (time.perf_counter() - started)


def no_generator(label_ids: np.ndarray) -> np.ndarray:
    """Answer grey at once: what is left is the road itself."""
    return np.full((*label_ids.shape, 3), 128, np.uint8)


def live_table(rows: Iterable[LiveRow]) -> str:
    """Return the drives' table for people, p50 / p95 in ms."""
    rows = list(rows)
    stages = list(dict.fromkeys(stage for row in rows for stage in row.stages))
    lines = [
        "| generator | size | next tick | " + " | ".join(stages) + " | frames/s |",
        "|---|---|---|" + "---|" * (len(stages) + 1),
    ]
    for row in rows:
        cells = [
            "{:.1f} / {:.1f}".format(*row.stages[stage]) if stage in row.stages else "" for stage in stages
        ]
        when = "meanwhile" if row.overlap else "afterwards"
        lines.append(
            f"| {row.name} | {row.size} | {when} | " + " | ".join(cells) + f" | {row.frames_per_s:.1f} |"
        )
    return "\n".join(lines)


def convert_table(rows: Iterable[ConvertRow]) -> str:
    """Return the conversions' table for people."""
    lines = [
        "| generator | size | frames at once | convert, frames/s | engine alone |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.size} | {row.batch_size} | {row.frames_per_s:.1f} "
        f"| {row.engine_frames_per_s:.1f} |"
        for row in rows
    ]
    return "\n".join(lines)
