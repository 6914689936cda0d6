"""The recording job: every tick of a drive goes to the disk. It receives opened things and never opens them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from carla_bridge.frames import DriveTick
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.timing import StageTimes

Ending = Literal["done", "interrupted"]


@dataclass(frozen=True)
class RecordResult:
    """What a recording came to."""

    frames: int
    ending: Ending


def run_record(
    ticks: Iterable[DriveTick],
    writer: DriveWriter,
    *,
    frames: int | None = None,  # stop after so many
    times: StageTimes | None = None,
    progress: Callable[[int], object] = lambda done: None,
) -> RecordResult:
    """Write ticks until the drive, the frames or the user's patience end; Ctrl-C is an ordinary end."""
    times = times or StageTimes()
    done = 0
    try:
        for tick in islice(ticks, frames):
            with times.measure("write"):
                writer.write(tick)
            times.frame_done()
            done += 1
            progress(done)
    except KeyboardInterrupt:
        return RecordResult(done, "interrupted")
    return RecordResult(done, "done")
