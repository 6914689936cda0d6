"""Who may write here: one process at a time, told by locks of the operating system.

A lock goes with its process, however that ends, so nothing is left behind that a next run would have to remove.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from carla_bridge.errors import BridgeError
from carla_bridge.outputs import writing


class InUse(BridgeError):
    """Another run that lives is at work here."""

    def __init__(self, path: Path):
        super().__init__(f"{path} is being written by another run; wait for its end, or choose another name")


class Claim:
    """The one right to write a file or to work in a folder, from its making to its `release`.

    Raises `InUse` where another process has it. As a context it releases itself.
    """

    def __init__(self, path: Path, number: int):
        self.path, self._number = path, number

    @classmethod
    def of_folder(cls, path: Path) -> Self:
        """Claim a folder, which is made where it is not there yet."""
        with writing(path):
            path.mkdir(parents=True, exist_ok=True)
            return cls(path, _locked(path, os.O_RDONLY | os.O_DIRECTORY))

    @classmethod
    def of_file(cls, path: Path, *, overwrite: bool) -> Self:
        """Claim a file, which is made and is empty then; raises `FileExistsError` for one that must not go."""
        try:
            number = _locked(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            number = _locked(path, os.O_RDWR | os.O_CREAT)
            if not overwrite:
                os.close(number)
                raise
            os.truncate(number, 0)
        return cls(path, number)

    def open(self, *, buffering: int = -1) -> IO[bytes]:
        """Open the file to write; closing it keeps the claim."""
        return os.fdopen(os.dup(self._number), "wb", buffering=buffering)

    def release(self) -> None:
        """Let others have it."""
        os.close(self._number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _locked(path: Path, flags: int) -> int:
    """Return the number of the opened and locked file that bears this name."""
    while True:
        number = os.open(path, flags | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(number)
            raise InUse(path) from error
        if _bears_name(number, path):
            return number
        os.close(number)  # renamed or removed by its writer before it was ours


def _bears_name(number: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(number), path.stat())
    except FileNotFoundError:
        return False
