"""What a user names on the command line as stored drives: recordings, folders, videos, stacks, and globs of them."""

import hashlib
import itertools
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from glob import glob, has_magic
from pathlib import Path

from carla_bridge.errors import BridgeError
from carla_bridge.frames import CameraMeta, DriveMeta, StoredDrive
from carla_bridge.importers.drives import ImportedDrive, open_import
from carla_bridge.importers.errors import reading
from carla_bridge.recording.reader import RecordedDrive

PHOTO_SUFFIX = ".photo.mcap"  # of a copy of a recording with its photos


class NothingFound(BridgeError):
    """A glob that fits nothing, or a name that is not there."""

    def __init__(self, pattern: str):
        super().__init__(
            f"nothing is at {pattern}; name recordings (.mcap), folders of PNG, .npy, .npz or videos"
        )


@dataclass(frozen=True)
class ImportSettings:
    """What the files of others do not say."""

    release: str | None = None
    fps_hz: float = 20.0
    fov_deg: float = 90.0


@dataclass(frozen=True)
class Source:
    """One camera of one stored drive."""

    path: Path
    camera: str
    stem: str  # the name of what is made of all its cameras
    of_camera: str  # what tells this camera's apart: "-front", or nothing if there is but one
    settings: ImportSettings

    @property
    def name(self) -> str:
        """The name of what is made of this camera, without a suffix."""
        return self.stem + self.of_camera

    def open(self, layers: Iterable[str] = ()) -> "AbstractContextManager[StoredDrive]":
        """Return its drive, to be entered, with those of the layers that it has."""
        if self.path.suffix == ".mcap":
            return RecordedDrive(self.path, camera=self.camera, layers=layers)
        return _import(self.path, self.settings)

    def lens_of(self, drive: StoredDrive) -> CameraMeta | DriveMeta:
        """Return what is known of the camera: with its mount, if the drive is a recording."""
        if not isinstance(drive, RecordedDrive):
            return drive.meta
        return next(each for each in drive.recording.cameras if each.name == self.camera)

    def sha256(self) -> str:
        """Return the hash of the file, or of all files of the folder with their names."""
        digest = hashlib.sha256()
        with reading(self.path):
            files = sorted(self.path.rglob("*")) if self.path.is_dir() else [self.path]
            for file in files:
                if file.is_file():
                    digest.update(file.relative_to(self.path).as_posix().encode())
                    with file.open("rb") as stream:
                        digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()


def find_paths(patterns: Iterable[str]) -> list[Path]:
    """Return the files and folders that are named, globs resolved, each once.

    A glob leaves out copies with photos: they are what `convert --into-recording` itself leaves behind.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        paths = [path for path in map(Path, _names(pattern)) if _is_there(path)]
        if not paths:
            raise NothingFound(pattern)
        found |= dict.fromkeys(paths)
    return list(found)


def _is_there(path: Path) -> bool:
    with reading(path):
        return path.exists()


def _names(pattern: str) -> list[str]:
    if not has_magic(pattern):
        return [pattern]
    found = sorted(glob(pattern, recursive=True))  # noqa: PTH207  # absolute ones too
    return [name for name in found if not name.endswith((PHOTO_SUFFIX, ".photo.partial.mcap"))]


def sources_of(path: Path, settings: ImportSettings) -> Iterator[Source]:
    """Yield the cameras of a stored drive; several are told apart by name."""
    if path.suffix != ".mcap":
        yield Source(path, "front", path.stem or path.resolve().name, "", settings)
        return
    with RecordedDrive(path) as drive:
        cameras = [camera.name for camera in drive.recording.cameras]
    stem = path.name.removesuffix(".mcap")
    for camera in cameras:
        yield Source(path, camera, stem, f"-{camera}" if len(cameras) > 1 else "", settings)


def told_apart(sources: Iterable[Source]) -> list[Source]:
    """Return the sources, each once; what would be written to one place is named by its folder, too: run1-drive."""
    by_path: dict[str, dict[str, Source]] = {}
    for source in sources:
        by_path.setdefault(os.path.abspath(source.path), {}).setdefault(source.camera, source)  # noqa: PTH100  # not where links lead
    uses = Counter(name for cameras in by_path.values() for name in _names_with(cameras.values()))
    taken = {name for name, times in uses.items() if times == 1}
    found: list[Source] = []
    for path, cameras in by_path.items():
        group = list(cameras.values())
        if any(uses[name] > 1 for name in _names_with(group)):
            longer = (
                [replace(each, stem=stem) for each in group] for stem in _longer(Path(path), group[0].stem)
            )
            group = next(each for each in longer if taken.isdisjoint(_names_with(each)))
            taken |= _names_with(group)
        found += group
    return found


def _names_with(sources: Iterable[Source]) -> set[str]:
    """Return all names that are taken by the cameras of one drive."""
    return {name for source in sources for name in (source.stem, source.name)}


def _longer(path: Path, stem: str) -> Iterator[str]:
    """Yield names for what is made of a path, each saying more than the one before."""
    for folder in path.parents:
        if folder.name:
            stem = f"{folder.name}-{stem}"
            yield stem
            yield f"{stem}-{path.suffix[1:]}"
    yield from (f"{stem}-{number}" for number in itertools.count(2))


def _import(path: Path, settings: ImportSettings) -> ImportedDrive:
    return open_import(path, release=settings.release, fps_hz=settings.fps_hz, fov_deg=settings.fov_deg)
