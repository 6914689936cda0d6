"""What is known of the samples of one drive, a line of JSON each; a sample is there when its line is.

A line is written after all files of its sample are whole, so a kill at any moment leaves lines that are true, and
at most half a line at the end, which the next run drops.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from carla_bridge.errors import BridgeError
from carla_bridge.outputs import CannotWrite, writing

Record = dict[str, Any]


class DamagedRecords(BridgeError):
    """The lines are not ours."""

    def __init__(self, path: Path, number: int):
        super().__init__(
            f"{path} has a line {number} that is no record of a sample; remove the file to drive it anew"
        )


def read_records(path: Path) -> list[Record]:
    """Return the records of a drive, without half a line at the end."""
    return list(_records(path))


class RecordWriter:
    """Adds records to those that are there: `with RecordWriter(path) as records: records.add(...)`."""

    def __init__(self, path: Path):
        self._path = path
        self.found = read_records(path)

    def __enter__(self) -> Self:
        with writing(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("r+b" if self._path.exists() else "w+b")
            whole = self._file.read().rfind(b"\n") + 1
            self._file.truncate(whole)
            self._file.seek(whole)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, record: Record) -> None:
        """Write a record and wait until the disk has it."""
        try:
            self._file.write(json.dumps(record, sort_keys=True).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise CannotWrite(self._path, error) from error


def _records(path: Path) -> Iterator[Record]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise CannotWrite(path, error) from error
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
        except ValueError as error:
            raise DamagedRecords(path, number) from error
        if not isinstance(record, dict) or "stem" not in record:
            raise DamagedRecords(path, number)
        yield record
