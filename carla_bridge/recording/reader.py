"""Reading a drive back: in order, by tick or by time, with bounded memory; whole files and cut ones alike."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from mcap.records import Message

from carla_bridge.frames import DriveMeta, DriveState, LabelFrame, RecordingMeta
from carla_bridge.recording import messages
from carla_bridge.recording.chunks import UNREADABLE, ChunkPlace, find_contents
from carla_bridge.recording.errors import DamagedRecording, NoRecording, NoSuchCamera, NoSuchFrame
from carla_bridge.recording.geometry import to_ns
from carla_bridge.recording.messages import LAYERS, STATE_TOPIC, camera_topic, decode_image, topics_of_a_tick
from carla_bridge.recording.meta import META_NAME, decode_meta
from carla_bridge.recording.stored import StoredMessages, blaming
from carla_bridge.recording.track import TICKS_NAME

MAX_TICKS = 10_000_000  # five days and more


class RecordedDrive:
    """A drive on disk as one of its cameras saw it: `with RecordedDrive(path) as drive: for frame in drive: ...`.

    Frames come with their tags and with those other `layers` ("instance", "depth", "rgb", "flow") that are asked
    for and recorded; their arrays are read-only. Raises `NoRecording`, `DamagedRecording` or `NoSuchCamera`.
    """

    def __init__(self, path: Path | str, *, camera: str | None = None, layers: Iterable[str] = ()):
        self.path, self._asked = Path(path), camera
        self._layers = ("semantic", *(layer for layer in layers if layer != "semantic"))

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
        return self._frames(self._contents.chunks) if self.whole else self.frames(0, len(self))

    @cached_property
    def ticks(self) -> np.ndarray:
        """The tick and the log time in ns of every frame, N,2 int64."""
        table = self._contents.attachments.get(TICKS_NAME) if self.whole else None  # may precede a lost chunk
        if table is not None and len(table) % 16 == 0:
            return np.frombuffer(table, "<i8").reshape(-1, 2)
        return np.array(self._found_ticks(), np.int64).reshape(-1, 2)

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

    def photos(self) -> Iterator[bytes]:
        """Yield each picture of the camera's H.264 stream of photos, one for each label frame, if it has any."""
        for _, message in self._stored.read({camera_topic(self.camera, "photo")}):
            with blaming(self.path):
                yield self._stored.decode(message).data

    def states(self) -> Iterator[DriveState]:
        """Yield what the simulator knew at each tick, where it was recorded."""
        for _, message in self._stored.read({STATE_TOPIC}):
            with blaming(self.path):
                yield messages.decode_state(message.data)

    def topics(self) -> dict[str, int]:
        """Return the number of messages of each topic; reads the whole file."""
        counts: dict[str, int] = {}
        for topic, _ in self._stored.read_all():
            counts[topic] = counts.get(topic, 0) + 1
        return counts

    def _find_out(self) -> None:
        try:
            self._contents = find_contents(self._file)
        except UNREADABLE as error:
            raise NoRecording(self.path, str(error)) from error
        try:
            self.recording: RecordingMeta = decode_meta(self._contents.metadata[META_NAME])
        except ValueError as error:
            raise NoRecording(self.path, f"says nothing sound of its drive: {error}") from error
        except (*UNREADABLE, KeyError, TypeError, AttributeError) as error:
            raise NoRecording(self.path, "says nothing of a drive of ours") from error
        cameras = [camera.name for camera in self.recording.cameras]
        self.camera = self._asked or next(iter(cameras), "")
        if self.camera not in cameras:
            raise NoSuchCamera(self.path, self.camera, cameras)
        self._stored = StoredMessages(self.path, self._file, self._contents)
        self._starts = [place.start_ns for place in self._contents.chunks]
        self._ends = [place.end_ns for place in self._contents.chunks]

    def _found_ticks(self) -> list[tuple[int, int]]:
        """Return tick and log time of every frame, without the tick that a cut file ends in the middle of."""
        topic = camera_topic(self.camera, "semantic")
        ticks: list[tuple[int, int]] = []
        last: set[str] = set()
        for tick, group in groupby(
            self._stored.read_all(), lambda each: (each[1].sequence, each[1].log_time)
        ):
            last = {each for each, _ in group}
            if topic in last:
                ticks.append(tick)
            if len(ticks) > MAX_TICKS:
                raise DamagedRecording(self.path, f"it has more than {MAX_TICKS} ticks")
        cut = not self.whole and not topics_of_a_tick(self.recording, self._stored.topics()) <= last
        return ticks[:-1] if cut and topic in last else ticks

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
        for topic, message in self._stored.read(set(topics), chunks):
            if only_tick is not None and message.sequence != only_tick:
                continue
            layer = topics[topic]
            if layer == "semantic":
                if at is not None:
                    yield self._frame(at, pending)
                at, pending = message, {}
            with blaming(self.path):
                image = self._stored.decode(message)
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
