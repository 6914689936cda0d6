"""The folder of recorder logs: names from clients mean files in it, never files anywhere else."""

import os
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

from carla_bridge.standin.errors import WorldError
from carla_bridge.standin.recorder_logs.recorder_log import START_BYTES

MAX_LOG_BYTES = 2**30
MAX_FOLDER_BYTES = 4 * 2**30  # all logs side by side
MAX_NAME_BYTES = 255


class NoSuchLog(WorldError):
    """There is no file of that name; CARLA says so in the answer of the call."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"File {path} not found on server")


class Recordings:
    """Opens and makes logs in one folder, which comes into being with the first of them."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or default_folder()).absolute()

    def path(self, name: str) -> Path:
        """Return the file that a name from a client means; refuse one that leads out of the folder."""
        if not name or "\0" in name or len(Path(name).name.encode("utf-8", "replace")) > MAX_NAME_BYTES:
            raise WorldError(f"{name!r:.60} cannot be the name of a recorder log")
        try:
            folder, path = self.folder.resolve(), (self.folder / name).resolve()
        except (OSError, RuntimeError) as error:
            raise WorldError(f"{name!r:.60} cannot be the name of a recorder log ({error})") from error
        if path == folder or not path.is_relative_to(folder):
            raise WorldError(
                f"the recorder log {name!r:.200} would lie outside of {folder}; "
                "give a bare name, or start the stand-in with --recordings and the folder you want"
            )
        return path

    def open(self, name: str) -> BinaryIO:
        """Return a log for reading."""
        path = self.path(name)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            raise NoSuchLog(path) from None
        except OSError as error:
            raise WorldError(f"cannot read {path} ({error.strerror})") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # a pipe would hang, a device never end
            os.close(descriptor)
            raise WorldError(f"{path} is not a file")
        return os.fdopen(descriptor, "rb")

    def create(self, name: str) -> tuple[BinaryIO, int]:
        """Return a new, empty log and how long it may become; it takes the place of a log of its name."""
        path = self.path(name)
        if path.exists() and not _is_log(path):
            raise WorldError(f"{path} exists and is no recorder log; give another name")
        room = min(MAX_LOG_BYTES, MAX_FOLDER_BYTES - self._used_bytes(path))
        if room <= 0:
            raise WorldError(
                f"the logs in {path.parent} have more than {MAX_FOLDER_BYTES} bytes; delete some"
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return path.open("wb", buffering=0), room
        except OSError as error:
            raise WorldError(f"cannot write {path} ({error.strerror})") from error

    def _used_bytes(self, besides: Path) -> int:
        """Return how much the other logs in the folder have; other files are none of our business."""
        return sum(_log_bytes(path) for path in self.folder.rglob("*") if path != besides)


def default_folder() -> Path:
    """Return a folder in the user's cache, or for those who have none in the system's place for such things."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        cache = Path(tempfile.gettempdir())
    return cache / "carla-bridge" / "recordings"


def _log_bytes(path: Path) -> int:
    """Return the size of a log, 0 for other files and for those that cannot be looked into."""
    try:
        return path.stat().st_size if _is_log(path) else 0
    except OSError:
        return 0


def _is_log(path: Path) -> bool:
    """Say whether a file begins as a log does; an empty one has nothing to lose."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(2 + len(START_BYTES))
    return not start or start[2:] == START_BYTES
