"""The recording job: every tick of a drive goes to the disk, beside whatever else is done with it.

It receives opened things and never opens them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from carla_bridge.frames import Drive, DriveMeta, DriveTick, LabelFrame
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.timing import StageTimes

Ending = Literal["done", "interrupted"]


class TickedDrive(Drive, Protocol):
    """A drive that can also be had with all its cameras and states."""

    def ticks(self) -> Iterator[DriveTick]:
        """Yield all that each tick brought."""


class Tapped:
    """A drive that is recorded while somebody else reads it: `translate(Tapped(drive, writer), engine)`."""

    def __init__(self, drive: TickedDrive, writer: DriveWriter):
        self._drive, self._writer = drive, writer

    @property
    def meta(self) -> DriveMeta:
        """What must be known to read the frames."""
        return self._drive.meta

    def __iter__(self) -> Iterator[LabelFrame]:
        """Yield the first camera's frames, each written already."""
        for tick in self._drive.ticks():
            self._writer.write(tick)
            yield tick.frames[0]


@dataclass(frozen=True)
class RecordResult:
    """What a recording came to."""

    frames: int
    ending: Ending
    missed: int = 0  # ticks that never came, of a server that does not wait
    dropped: int = 0  # ticks that came faster than they could be written


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
    done = missed = 0
    ending: Ending = "done"
    try:
        for tick in ticks:
            missed += tick.missed
            with times.measure("write"):
                is_written = _write(tick, writer)
            times.frame_done()
            done += is_written
            progress(done)
            if done == frames:
                break
    except KeyboardInterrupt:
        ending = "interrupted"
    return RecordResult(done, ending, missed, writer.dropped)


def _write(tick: DriveTick, writer: DriveWriter) -> bool:
    """Write a tick; of a drive that does not wait, only if there is room."""
    if writer.meta.asynchronous:
        return writer.offer(tick)
    writer.write(tick)
    return True
