"""In which order files were recorded: by the frame number that CARLA's scripts put into their names."""

import re
from collections.abc import Iterable
from pathlib import Path

from carla_bridge.importers.errors import CannotImport

_CITYSCAPES = re.compile(r"^(?P<place>.+?)_(?P<sequence>\d+)_(?P<frame>\d+)_gtFine_labelIds$")
_NUMBER = re.compile(r"\d+")
MAX_TICK = 2**32 - 1


def in_order(folder: Path, files: Iterable[Path]) -> list[tuple[int, Path]]:
    """Return (tick, file) in the order of the frame numbers: the last number in each name.

    Names without a number, and two files with the same one, are refused: their order would be a guess. Frames of
    Cityscapes sequences go by sequence, then frame; their ticks are counted anew, for frame numbers repeat.
    """
    files = list(files)
    matches = [_CITYSCAPES.match(file.stem) for file in files]
    if files and all(matches):
        keys = [(m["place"], int(m["sequence"]), int(m["frame"])) for m in matches if m]
        ordered = [file for _, file in sorted(zip(keys, files, strict=True))]
        return list(enumerate(ordered))
    numbered: dict[int, Path] = {}
    for file in sorted(files):
        found = _NUMBER.findall(file.stem)
        if not found:
            raise CannotImport(
                folder, f"{file.name} has no frame number in its name, so its place is unknown"
            )
        number = int(found[-1])
        if number > MAX_TICK:
            raise CannotImport(folder, f"{file.name} has the number {number}, which no frame can have")
        if number in numbered:
            raise CannotImport(
                folder, f"{numbered[number].name} and {file.name} both have the frame number {number}"
            )
        numbered[number] = file
    return sorted(numbered.items())
