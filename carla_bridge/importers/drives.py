"""Folders, stacks and videos as drives: they have a length, and can be entered anywhere."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from carla_bridge.frames import CameraMeta, DriveMeta, LabelFrame, Placement, RecordingMeta
from carla_bridge.importers.decoding import read_picture, tags_in
from carla_bridge.importers.errors import CannotImport, check_size, reading
from carla_bridge.importers.ordering import in_order
from carla_bridge.importers.stacks import open_stack


class ImportedDrive(ABC):
    """Label maps of others as a drive; `fps_hz` and `fov_deg` are what its files do not say."""

    def __init__(
        self, path: Path, *, release: str | None = None, fps_hz: float = 20.0, fov_deg: float = 90.0
    ):
        self.path, self._release, self._fps_hz, self._fov_deg = path, release, fps_hz, fov_deg
        self.camera = "front"

    def __enter__(self) -> Self:
        self._open()
        if not len(self):
            raise CannotImport(self.path, "there is not one label map in it")
        tags, found = self._read(0)
        self._release, self._shape = self._release or found, tags.shape
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing stays open between two reads."""
        return

    @property
    def recording(self) -> RecordingMeta:
        """The meta of the recording that it becomes."""
        height, width = self._shape
        camera = CameraMeta(self.camera, width, height, self._fov_deg, Placement())
        return RecordingMeta(
            "unknown", "unknown", self._release or "", self._fps_hz, (camera,), source=self.path.name
        )

    @property
    def meta(self) -> DriveMeta:
        """What must be known to read the frames."""
        return self.recording.of_camera(self.camera)

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of frames."""

    def __iter__(self) -> Iterator[LabelFrame]:
        """Yield all frames."""
        return self.frames(0, len(self))

    def frames(self, start: int, stop: int) -> Iterator[LabelFrame]:
        """Yield the frames at the places start ≤ place < stop."""
        first = self._tick(0)
        for place in range(start, min(stop, len(self))):
            tags = self._like_the_first(self._name(place), *self._read(place))
            tick = self._tick(place)
            yield LabelFrame(tick, (tick - first) / self._fps_hz, tags, camera=self.camera)

    def _like_the_first(self, name: Path, tags: np.ndarray, found: str) -> np.ndarray:
        if tags.shape != self._shape:
            size, expected = "×".join(map(str, tags.shape[::-1])), "×".join(map(str, self._shape[::-1]))
            raise CannotImport(name, f"it is {size} pixels, the first one is {expected}")
        if found != self._release:
            raise CannotImport(name, f"its labels are those of {found}, of the first {self._release}")
        return tags

    @abstractmethod
    def _open(self) -> None:
        """Find out what is there."""

    @abstractmethod
    def _read(self, place: int) -> tuple[np.ndarray, str]:
        """Return the tags of a frame and their tag table."""

    def _tick(self, place: int) -> int:
        return place

    def _name(self, place: int) -> Path:
        return self.path / str(place)


class FolderDrive(ImportedDrive):
    """A folder of PNG: raw tags, CARLA's palette, or Cityscapes label ids (also one folder per city)."""

    def _open(self) -> None:
        with reading(self.path):
            files = sorted(self.path.rglob("*_gtFine_labelIds.png")) or sorted(
                file for file in self.path.iterdir() if file.suffix.lower() in (".png", ".jpg", ".jpeg")
            )
        self._files = in_order(self.path, files)

    def __len__(self) -> int:
        return len(self._files)

    def _read(self, place: int) -> tuple[np.ndarray, str]:
        file = self._files[place][1]
        return tags_in(read_picture(file), file, self._release)

    def _tick(self, place: int) -> int:
        return self._files[place][0]

    def _name(self, place: int) -> Path:
        return self._files[place][1]


class StackDrive(ImportedDrive):
    """An .npy of N,H,W uint8 tags, or the first such array of an .npz."""

    def _open(self) -> None:
        self._stack = open_stack(self.path)

    def __len__(self) -> int:
        return len(self._stack)

    def _read(self, place: int) -> tuple[np.ndarray, str]:
        return tags_in(np.ascontiguousarray(self._stack[place]), self.path, self._release)


class VideoDrive(ImportedDrive):
    """A lossless video of tags (grey) or of CARLA's palette; a codec that loses something is refused."""

    _LOSSLESS = ("ffv1", "huffyuv", "ffvhuff", "png", "rawvideo", "utvideo", "qtrle", "apng", "magicyuv")

    def _open(self) -> None:
        import av

        try:
            with av.open(str(self.path)) as container:
                stream = container.streams.video[0]
                codec = stream.codec_context.name
                check_size(self.path, stream.codec_context.width, stream.codec_context.height)
                if stream.average_rate:
                    self._fps_hz = float(stream.average_rate)
                self._count = stream.frames or sum(1 for packet in container.demux(stream) if packet.size)
        except (av.FFmpegError, OSError, IndexError) as error:
            raise CannotImport(self.path, f"it is no video that can be read ({error})") from error
        if codec not in self._LOSSLESS:
            raise CannotImport(
                self.path,
                f"its codec {codec} loses something, and labels with it; FFV1 keeps them (ffmpeg -c:v ffv1)",
            )

    def __len__(self) -> int:
        return self._count

    def frames(self, start: int, stop: int) -> Iterator[LabelFrame]:
        """Yield the frames at the places start ≤ place < stop; earlier ones are decoded and dropped."""
        place, stop = -1, min(stop, len(self))
        for place, picture in enumerate(self._pictures()):
            if place >= stop:
                return
            if place >= start:
                name = self._name(place)
                tags = self._like_the_first(name, *tags_in(picture, self.path, self._release))
                yield LabelFrame(place, place / self._fps_hz, tags, camera=self.camera)
        if place + 1 < stop:
            raise CannotImport(self.path, f"it ends after {place + 1} of its {len(self)} pictures")

    def _read(self, place: int) -> tuple[np.ndarray, str]:
        with closing(self._pictures()) as pictures:
            for picture in pictures:
                return tags_in(picture, self.path, self._release)
        raise CannotImport(self.path, "not one picture of it can be decoded")

    def _pictures(self) -> Generator[np.ndarray]:
        import av

        try:
            with av.open(str(self.path)) as container:
                for frame in container.decode(video=0):
                    check_size(self.path, frame.width, frame.height)
                    grey = frame.format.name.startswith("gray")
                    yield frame.to_ndarray(format="gray" if grey else "bgr24")
        except (av.FFmpegError, OSError) as error:
            raise CannotImport(self.path, f"it is damaged ({error})") from error


def open_import(
    path: Path, *, release: str | None = None, fps_hz: float = 20.0, fov_deg: float = 90.0
) -> ImportedDrive:
    """Return the drive of a folder, an .npy or .npz, or a video; enter it before use."""
    with reading(path):
        if not path.exists():
            raise CannotImport(path, "there is no such file or folder")
    if path.is_dir():
        kind: type[ImportedDrive] = FolderDrive
    else:
        kind = StackDrive if path.suffix in (".npy", ".npz") else VideoDrive
    return kind(path, release=release, fps_hz=fps_hz, fov_deg=fov_deg)
