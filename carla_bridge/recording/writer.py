"""Writing a drive: one `write` a tick, packed and written on a thread of its own behind a bounded queue.

While it grows the file is called `NAME.partial.mcap`; only a recording that was closed without an error gets its
real name. A killed writer leaves every chunk but the last: such a file is read and converted like any other, and
`carla-bridge repair` makes it whole for other tools.
"""

import queue
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from mcap.writer import CompressionType, Writer

from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveTick, RecordingMeta
from carla_bridge.outputs import CannotWrite, OutputExists, make_room, partial_path, writing
from carla_bridge.recording import messages
from carla_bridge.recording.geometry import encode_calibration, encode_mounts, to_ns
from carla_bridge.recording.messages import SCHEMAS, camera_topic

CHUNK_BYTES = (
    4 << 20
)  # unpacked: a few frames, so that like packs with like and a kill costs a fifth of a second
QUEUED_TICKS = 8
TICKS_NAME = "ticks"  # the attachment with tick and log time of every frame, 2 × int64 each, little-endian


class UnfinishedRecording(BridgeError):
    """An earlier run was cut short here, or another one is writing right now."""

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
        self._error: OSError | None = None

    def __enter__(self) -> Self:
        make_room(self.path, overwrite=self._overwrite)
        if self._partial.exists() and not self._overwrite:
            raise UnfinishedRecording(self._partial)
        with writing(self.path):
            file = self._partial.open("wb" if self._overwrite else "xb")
            try:
                self._track = DriveTrack(file, self.meta)
            except BaseException:
                file.close()
                raise
        self._thread = threading.Thread(target=self._run, name="drive-writer", daemon=True)
        self._thread.start()
        return self

    def write(self, tick: DriveTick) -> None:
        """Append one tick; waits for room in the queue."""
        self._check()
        self._waiting.put(tick)

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
        self._waiting.put(None)
        self._thread.join()
        if kind is not None:
            return
        self._check()
        with writing(self.path):
            if self.path.exists() and not self._overwrite:
                raise OutputExists(self.path)
            self._partial.replace(self.path)

    def _run(self) -> None:
        """Pack and write until the end; after an error only empty the queue, so that nobody waits for ever."""
        try:
            with self._track:
                while (tick := self._waiting.get()) is not None:
                    self._track.add(tick)
        except OSError as error:
            self._error = error
            while self._waiting.get() is not None:
                pass

    def _check(self) -> None:
        if self._error is not None:
            raise CannotWrite(self.path, self._error)


class DriveTrack:
    """The MCAP records of a drive, in one thread; `close` writes the index that makes the file whole."""

    def __init__(self, file: IO[bytes], meta: RecordingMeta):
        self._file, self._meta = file, meta
        self._writer = Writer(file, chunk_size=CHUNK_BYTES, compression=CompressionType.ZSTD)
        self._writer.start(profile="", library="carla-bridge")
        self._writer.add_metadata(messages.META_NAME, messages.encode_meta(meta))
        file.flush()  # without it a cut file would not say what it is
        self._schemas: dict[str, int] = {}
        self._channels: dict[str, int] = {}
        self._ticks: list[tuple[int, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self._file.close()

    @property
    def frames(self) -> int:
        """The number of ticks written."""
        return len(self._ticks)

    def add(self, tick: DriveTick) -> None:
        """Write all that one tick brought."""
        number, time_s = tick.frames[0].tick, tick.frames[0].time_s
        if not self._ticks:
            self._describe_cameras(number, time_s)
        for frame in tick.frames:
            for topic, data in messages.encode_frame(frame):
                self.put(topic, data, tick=number, log_ns=to_ns(time_s))
        if tick.state is not None:
            for topic, data in messages.encode_state(tick.state):
                self.put(topic, data, tick=number, log_ns=to_ns(time_s))
        self.end_tick(number, to_ns(time_s))

    def end_tick(self, tick: int, log_ns: int) -> None:
        """Note that all of a tick is written, and let go of it: a kill loses what is not yet in a full chunk."""
        assert 0 <= tick < 2**32, f"tick {tick} fits no MCAP sequence number"
        self._ticks.append((tick, log_ns))
        self._file.flush()

    def put(self, topic: str, data: bytes, *, tick: int, log_ns: int) -> None:
        """Write one message of a topic of ours."""
        if topic not in self._channels:
            self._channels[topic] = self._register(topic)
        self._writer.add_message(
            self._channels[topic], log_time=log_ns, data=data, publish_time=log_ns, sequence=tick
        )

    def finish(self) -> None:
        """Write the list of ticks and the index."""
        table = np.array(self._ticks, "<i8").reshape(-1, 2)
        self._writer.add_attachment(0, 0, TICKS_NAME, "application/octet-stream", table.tobytes())
        self._writer.finish()
        self._file.flush()

    def _describe_cameras(self, tick: int, time_s: float) -> None:
        log_ns = to_ns(time_s)
        mounts = encode_mounts(self._meta.cameras, time_s)
        self.put(messages.TRANSFORM_TOPIC, mounts, tick=tick, log_ns=log_ns)
        for camera in self._meta.cameras:
            data = encode_calibration(camera, time_s)
            self.put(camera_topic(camera.name, "calibration"), data, tick=tick, log_ns=log_ns)

    def _register(self, topic: str) -> int:
        if topic == messages.STATE_TOPIC:
            schema_id, encoding = 0, "json"
        else:
            schema_id, encoding = self._schema(topic.rpartition("/")[2]), "protobuf"
        return int(self._writer.register_channel(topic, encoding, schema_id))

    def _schema(self, what: str) -> int:
        schema = SCHEMAS[what].get_schema()
        if schema.name not in self._schemas:
            self._schemas[schema.name] = self._writer.register_schema(
                schema.name, schema.encoding, schema.data
            )
        return self._schemas[schema.name]
