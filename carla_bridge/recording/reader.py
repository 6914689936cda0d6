"""Reading a drive back: in order, by tick or by time, with bounded memory; whole files and cut ones alike."""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from mcap.records import Channel, Message, Schema

from carla_bridge.frames import DriveMeta, DriveState, LabelFrame, RecordingMeta
from carla_bridge.recording import messages
from carla_bridge.recording.chunks import UNREADABLE, ChunkPlace, find_contents, read_chunk
from carla_bridge.recording.errors import DamagedRecording, NoRecording, NoSuchCamera, NoSuchFrame
from carla_bridge.recording.geometry import to_ns
from carla_bridge.recording.messages import LAYERS, STATE_TOPIC, camera_topic, decode_image
from carla_bridge.recording.writer import TICKS_NAME

KEPT_CHUNKS = 2  # unpacked ones, for those who jump back and forth


class RecordedDrive:
    """A drive on disk as one of its cameras saw it: `with RecordedDrive(path) as drive: for frame in drive: ...`.

    Frames come with their tags and with those other `layers` ("instance", "depth", "rgb", "flow") that are asked
    for and recorded; their arrays are read-only. Raises `NoRecording`, `DamagedRecording` or `NoSuchCamera`.
    """

    def __init__(self, path: Path | str, *, camera: str | None = None, layers: Iterable[str] = ()):
        self.path, self._asked = Path(path), camera
        self._layers = ("semantic", *(layer for layer in layers if layer != "semantic"))
        self._decoders: dict[int, Callable[[bytes], Any]] = {}
        self._schemas: dict[int, Schema] = {}
        self._topics: dict[int, str] = {}
        self._kept: OrderedDict[int, list[Message]] = OrderedDict()

    def __enter__(self) -> Self:
        try:
            self._file = self.path.open("rb")
        except OSError as error:
            raise NoRecording(self.path, f"cannot be read ({error.strerror})") from error
        try:
            self._find_out()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @cached_property
    def meta(self) -> DriveMeta:
        """What must be known to read the frames."""
        return self.recording.of_camera(self.camera)

    @property
    def whole(self) -> bool:
        """Say whether the file was closed properly; if not, its last chunk may be missing."""
        return self._contents.whole

    def __len__(self) -> int:
        return len(self.ticks)

    def __iter__(self) -> Iterator[LabelFrame]:
        """Yield the camera's label frames in the order of their ticks."""
        return self._frames(self._contents.chunks)

    @cached_property
    def ticks(self) -> np.ndarray:
        """The tick and the log time in ns of every frame, N,2 int64."""
        table = self._contents.attachments.get(TICKS_NAME) if self.whole else None  # may precede a lost chunk
        if table is not None and len(table) % 16 == 0:
            return np.frombuffer(table, "<i8").reshape(-1, 2)
        topic = camera_topic(self.camera, "semantic")
        found = [(message.sequence, message.log_time) for message in self._messages({topic})]
        return np.array(found, np.int64).reshape(-1, 2)

    def frames(self, start: int, stop: int) -> Iterator[LabelFrame]:
        """Yield the frames at the places start ≤ place < stop, without reading those before."""
        if start >= min(stop, len(self)):
            return
        first, last = self.ticks[start], self.ticks[min(stop, len(self)) - 1]
        chunks = self._contents.chunks[
            bisect_left(self._ends, int(first[1])) : bisect_right(self._starts, int(last[1]))
        ]
        for frame in self._frames(chunks):
            if first[0] <= frame.tick <= last[0]:
                yield frame

    def at_tick(self, tick: int) -> LabelFrame:
        """Return the frame of a tick."""
        place = int(np.searchsorted(self.ticks[:, 0], tick))
        if place == len(self) or self.ticks[place, 0] != tick:
            raise NoSuchFrame(self.path, f"tick {tick}", self._span())
        return self._at(place)

    def at_time(self, time_s: float) -> LabelFrame:
        """Return the latest frame at or before a simulation time."""
        place = int(np.searchsorted(self.ticks[:, 1], to_ns(time_s), side="right")) - 1
        if place < 0:
            raise NoSuchFrame(self.path, f"{time_s:g} s", self._span())
        return self._at(place)

    def states(self) -> Iterator[DriveState]:
        """Yield what the simulator knew at each tick, where it was recorded."""
        for message in self._messages({STATE_TOPIC}):
            with self._blaming():
                yield messages.decode_state(message.data)

    def topics(self) -> dict[str, int]:
        """Return the number of messages of each topic; reads the whole file."""
        counts: dict[str, int] = {}
        for place in self._contents.chunks:
            for message in self._chunk(place):
                topic = self._topics[message.channel_id]
                counts[topic] = counts.get(topic, 0) + 1
        return counts

    def _find_out(self) -> None:
        try:
            self._contents = find_contents(self._file)
        except UNREADABLE as error:
            raise NoRecording(self.path, str(error)) from error
        try:
            self.recording: RecordingMeta = messages.decode_meta(self._contents.metadata[messages.META_NAME])
        except (*UNREADABLE, KeyError, TypeError) as error:
            raise NoRecording(self.path, "says nothing of a drive of ours") from error
        cameras = [camera.name for camera in self.recording.cameras]
        self.camera = self._asked or next(iter(cameras), "")
        if self.camera not in cameras:
            raise NoSuchCamera(self.path, self.camera, cameras)
        for definition in self._contents.definitions:
            with self._blaming():
                self._is_message(definition)
        self._starts = [place.start_ns for place in self._contents.chunks]
        self._ends = [place.end_ns for place in self._contents.chunks]

    def _at(self, place: int) -> LabelFrame:
        tick, log_ns = (int(value) for value in self.ticks[place])
        first, last = bisect_left(self._ends, log_ns), bisect_right(self._starts, log_ns)
        for frame in self._frames(self._contents.chunks[first:last], only_tick=tick):
            return frame
        raise DamagedRecording(self.path, f"the frame of tick {tick} is missing")

    def _span(self) -> str:
        if not len(self):
            return "none"
        (first, start_ns), (last, end_ns) = self.ticks[0], self.ticks[-1]
        return f"ticks {first} to {last}, {start_ns / 1e9:g} to {end_ns / 1e9:g} s"

    def _frames(self, chunks: list[ChunkPlace], *, only_tick: int | None = None) -> Iterator[LabelFrame]:
        """Yield frames; the layers of one tick follow each other, the tags first."""
        topics = {camera_topic(self.camera, layer): layer for layer in self._layers}
        pending: dict[str, np.ndarray] = {}
        at: Message | None = None
        for message in self._messages(set(topics), chunks):
            if only_tick is not None and message.sequence != only_tick:
                continue
            layer = topics[self._topics[message.channel_id]]
            if layer == "semantic":
                if at is not None:
                    yield self._frame(at, pending)
                at, pending = message, {}
            with self._blaming():
                image = self._decoders[message.channel_id](message.data)
                pending[LAYERS[layer].field] = self._of_its_size(decode_image(image, LAYERS[layer]))
        if at is not None:
            yield self._frame(at, pending)

    def _of_its_size(self, picture: np.ndarray) -> np.ndarray:
        (height, width), meta = picture.shape[:2], self.meta
        if (height, width) != (meta.height, meta.width):
            raise ValueError(
                f"a picture of camera {self.camera!r} is {width}×{height} pixels, its camera {meta.width}×{meta.height}"
            )
        return picture

    def _frame(self, message: Message, pictures: dict[str, np.ndarray]) -> LabelFrame:
        return LabelFrame(message.sequence, message.log_time / 1e9, camera=self.camera, **pictures)

    def _messages(self, topics: set[str], chunks: list[ChunkPlace] | None = None) -> Iterator[Message]:
        for place in self._contents.chunks if chunks is None else chunks:
            for message in self._chunk(place):
                if self._topics[message.channel_id] in topics:
                    yield message

    def _chunk(self, place: ChunkPlace) -> list[Message]:
        if place.offset in self._kept:
            self._kept.move_to_end(place.offset)
            return self._kept[place.offset]
        with self._blaming():
            found = [
                record
                for record in read_chunk(self._file, place)
                if self._is_message(record) and isinstance(record, Message)
            ]
        self._kept[place.offset] = found
        if len(self._kept) > KEPT_CHUNKS:
            self._kept.popitem(last=False)
        return found

    def _is_message(self, record: Any) -> bool:
        """Say whether a record is a message of a known channel; learn schemas and channels on the way."""
        if isinstance(record, Schema):
            self._schemas[record.id] = record
        elif isinstance(record, Channel) and record.id not in self._topics:
            self._topics[record.id] = record.topic
            if record.message_encoding == "protobuf":
                schema = self._schemas[record.schema_id]
                self._decoders[record.id] = messages.decoder(schema.name, schema.encoding, schema.data)
        return isinstance(record, Message) and record.channel_id in self._topics

    def _blaming(self) -> "_Blaming":
        return _Blaming(self.path)


class _Blaming:
    """Turns what damaged bytes provoke inside the libraries into one sentence about the file."""

    def __init__(self, path: Path):
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from google.protobuf.message import DecodeError

        if isinstance(error, (*UNREADABLE, KeyError, TypeError, AttributeError, DecodeError)):
            raise DamagedRecording(self._path, str(error) or type(error).__name__) from error
