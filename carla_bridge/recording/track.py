"""The records of a drive in an MCAP file, in one thread: chunks that hold whole ticks, and what repair lives on.

Schemas and channels stand in the chunks, as readers want them, and outside once more: whoever repairs a file may
have lost the chunk that had them.
"""

from types import TracebackType
from typing import IO, Self

import numpy as np
from mcap.data_stream import RecordBuilder
from mcap.records import Channel, Schema
from mcap.writer import CompressionType, Writer

from carla_bridge.frames import DriveTick, RecordingMeta
from carla_bridge.recording import messages
from carla_bridge.recording.geometry import encode_calibration, encode_mounts, to_ns
from carla_bridge.recording.messages import SCHEMAS, camera_topic
from carla_bridge.recording.meta import META_NAME, encode_meta

CHUNK_BYTES = (
    4 << 20
)  # unpacked: a few frames, so that like packs with like and a kill costs a fifth of a second
CUT_BYTES = 64 << 20  # unpacked: a tick of more than that goes into several chunks
TICKS_NAME = "ticks"  # the attachment with tick and log time of every frame, 2 × int64 each, little-endian


class DriveTrack:
    """The MCAP records of a drive, in one thread; `close` writes the index that makes the file whole."""

    def __init__(self, file: IO[bytes], meta: RecordingMeta):
        self._file, self._meta = file, meta
        self._writer = Writer(file, chunk_size=CUT_BYTES, compression=CompressionType.ZSTD)
        self._writer.start(profile="", library="carla-bridge")
        self._writer.add_metadata(META_NAME, encode_meta(meta))
        file.flush()  # without it a cut file would not say what it is
        self._schemas: dict[str, int] = {}
        self._channels: dict[str, int] = {}
        self._ticks: list[tuple[int, int]] = []
        self._chunk_bytes = 0

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
            self.describe_cameras(number, time_s)
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
        if self._chunk_bytes > CHUNK_BYTES:
            self._writer.flush()
            self._chunk_bytes = 0
        self._file.flush()

    def put(self, topic: str, data: bytes, *, tick: int, log_ns: int) -> None:
        """Write one message of a topic of ours."""
        if topic not in self._channels:
            self._channels[topic] = self._register(topic)
        self._writer.add_message(
            self._channels[topic], log_time=log_ns, data=data, publish_time=log_ns, sequence=tick
        )
        self._chunk_bytes += len(data)

    def finish(self) -> None:
        """Write the list of ticks and the index."""
        table = np.array(self._ticks, "<i8").reshape(-1, 2)
        self._writer.add_attachment(0, 0, TICKS_NAME, "application/octet-stream", table.tobytes())
        self._writer.finish()
        self._file.flush()

    def describe_cameras(self, tick: int, time_s: float) -> None:
        """Write what stands at the first tick only: where the cameras sit, and their lenses."""
        log_ns = to_ns(time_s)
        mounts = encode_mounts(self._meta.cameras, time_s)
        self.put(messages.MOUNTS_TOPIC, mounts, tick=tick, log_ns=log_ns)
        for camera in self._meta.cameras:
            data = encode_calibration(camera, time_s)
            self.put(camera_topic(camera.name, "calibration"), data, tick=tick, log_ns=log_ns)

    def _register(self, topic: str) -> int:
        if topic == messages.STATE_TOPIC:
            schema_id, encoding = 0, "json"
        else:
            schema_id, encoding = self._schema(topic.rpartition("/")[2]), "protobuf"
        number = int(self._writer.register_channel(topic, encoding, schema_id))
        repeat(self._file, Channel(number, topic, encoding, {}, schema_id))
        return number

    def _schema(self, what: str) -> int:
        schema = SCHEMAS[what].get_schema()
        if schema.name not in self._schemas:
            number = int(self._writer.register_schema(schema.name, schema.encoding, schema.data))
            repeat(self._file, Schema(number, schema.data, schema.encoding, schema.name))
            self._schemas[schema.name] = number
        return self._schemas[schema.name]


def repeat(file: IO[bytes], definition: Channel | Schema) -> None:
    """Write a definition outside the chunks; the writer puts it into the one that it is filling."""
    record = RecordBuilder()
    definition.write(record)
    file.write(record.end())
