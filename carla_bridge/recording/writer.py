"""Writing a drive: one `write` a tick, packed and written on a thread of its own behind a bounded queue.

While it grows the file is called `NAME.partial.mcap`; only a recording that was closed without an error gets its
real name. A killed writer leaves every chunk but the last: such a file is read and converted like any other, and
`carla-bridge repair` makes it whole for other tools.
"""

import queue
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from carla_bridge.claims import Claim
from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveTick, RecordingMeta
from carla_bridge.outputs import CannotWrite, OutputExists, give_name, make_room, partial_path, writing
from carla_bridge.recording.track import DriveTrack

QUEUED_TICKS = 8
LOOK_S = 0.2  # how often one who waits for room looks whether the thread still lives


class UnfinishedRecording(BridgeError):
    """An earlier run was cut short here."""

    def __init__(self, partial: Path):
        super().__init__(
            f"{partial} is what an earlier, unfinished run left (it can be read and repaired); "
            "move it away, or replace it with --overwrite"
        )


class DriveWriter:
    """A recording that grows: `with DriveWriter(path, meta) as writer: writer.write(tick)`.

    `write` waits while the queue is full, so memory is bounded and nothing is lost; `offer` drops the tick then
    and counts it in `dropped`, for drives that cannot wait. An exception inside the `with` block closes the file
    under its partial name.
    """

    def __init__(self, path: Path | str, meta: RecordingMeta, *, overwrite: bool = False):
        self.path, self.meta, self.dropped = Path(path), meta, 0
        self._overwrite = overwrite
        self._partial = partial_path(self.path)
        self._waiting: queue.Queue[DriveTick | None] = queue.Queue(QUEUED_TICKS)
        self._error: BaseException | None = None  # what ended the thread

    def __enter__(self) -> Self:
        make_room(self.path, overwrite=self._overwrite)
        with writing(self.path):
            self._claim = _claim(self._partial, overwrite=self._overwrite)
            file = self._claim.open()
            try:
                self._track = DriveTrack(file, self.meta)
            except BaseException:
                file.close()
                self._claim.release()
                raise
        self._thread = threading.Thread(target=self._run, name="drive-writer", daemon=True)
        self._thread.start()
        return self

    def write(self, tick: DriveTick) -> None:
        """Append one tick; waits for room in the queue."""
        self._put(tick)
        self._check()

    def offer(self, tick: DriveTick) -> bool:
        """Append one tick if there is room; say whether there was."""
        self._check()
        try:
            self._waiting.put_nowait(tick)
        except queue.Full:
            self.dropped += 1
            return False
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._put(None)
        self._thread.join()
        with self._claim:
            if kind is None:
                self._check()
                self._take_name()

    def _take_name(self) -> None:
        if self.path.exists() and not self._overwrite:
            raise OutputExists(self.path)
        with writing(self.path):
            give_name(self._partial, self.path)

    def _put(self, tick: DriveTick | None) -> None:
        """Wait for room in the queue, as long as the thread lives that makes it."""
        while self._thread.is_alive():
            with suppress(queue.Full):
                self._waiting.put(tick, timeout=LOOK_S)
                return

    def _run(self) -> None:
        """Pack and write until the end; what goes wrong is kept for those who wait on the other side."""
        try:
            with self._track:
                while (tick := self._waiting.get()) is not None:
                    self._track.add(tick)
        except BaseException as error:
            self._error = error

    def _check(self) -> None:
        if isinstance(self._error, OSError):
            raise CannotWrite(self.path, self._error)
        if self._error is not None:
            raise self._error


def _claim(partial: Path, *, overwrite: bool) -> Claim:
    try:
        return Claim.of_file(partial, overwrite=overwrite)
    except FileExistsError as error:
        raise UnfinishedRecording(partial) from error
