"""Where results go: never over an old one, and never half a file under a whole one's name."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from carla_bridge.errors import BridgeError


class OutputExists(BridgeError):
    """Something is there already, and nobody said that it may go."""

    def __init__(self, path: Path):
        super().__init__(f"{path} exists already; choose another name, or replace it with --overwrite")


class CannotWrite(BridgeError):
    """The disk, the folder or its permissions say no."""

    def __init__(self, path: Path, error: OSError):
        super().__init__(f"cannot write {path}: {error.strerror or error}; free the place or choose another")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the operating system says inside the block into one sentence about this path."""
    try:
        yield
    except OSError as error:
        raise CannotWrite(path, error) from error


def make_room(path: Path, *, overwrite: bool) -> None:
    """Create the folders a result needs; refuse a place that is taken or a folder that can't be written to.

    Nothing else tells of a folder beforehand: permissions, quotas and read-only disks each have their own say.
    """
    _make_folders(path, overwrite=overwrite)
    with writing(path), tempfile.TemporaryFile(dir=path.parent):
        pass


def _make_folders(path: Path, *, overwrite: bool) -> None:
    with writing(path):
        if path.is_dir() or (path.exists() and not overwrite):
            raise OutputExists(path)
        path.parent.mkdir(parents=True, exist_ok=True)


def partial_path(path: Path) -> Path:
    """Return the name a result bears until it is whole: `drive.mp4` is `drive.partial.mp4` till then."""
    return path.with_suffix(f".partial{path.suffix}")


def settle(path: Path) -> None:
    """Wait until the disk has a finished file, so that not even a power cut leaves its name without its bytes."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def give_name(partial: Path, path: Path) -> None:
    """Give a finished file its real name, so that a power cut leaves the whole file under one of its two names."""
    settle(partial)
    partial.replace(path)
    settle_names(path.parent)


def settle_names(folder: Path) -> None:
    """Wait until the disk has the names of the files in a folder."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def save_whole(path: Path, content: bytes, *, overwrite: bool = False) -> None:
    """Write a file that appears under its name only when it is complete."""
    _make_folders(path, overwrite=overwrite)
    partial = partial_path(path)
    with writing(path):
        try:
            partial.write_bytes(content)
            settle(partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def save_numbered(stem: Path, suffix: str, content: bytes) -> Path:
    """Write the first free `stem-0001.suffix` and return its path; nothing is ever replaced."""
    with writing(stem):
        stem.parent.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            path = stem.with_name(f"{stem.name}-{number:04d}{suffix}")
            with suppress(FileExistsError), path.open("xb") as file:
                file.write(content)
                return path
    raise AssertionError("numbers do not end")
