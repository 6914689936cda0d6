"""Pictures of labels back to tags: raw tags, Cityscapes label ids, or the colours of CARLA's palette.

Colours are looked up, never matched to the nearest: a colour that fits no class is reported.
"""

import struct
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from carla_bridge.importers.errors import CannotImport, check_size, reading
from carla_bridge.labels import TAG_TABLES, TagTable, tag_table

CITYSCAPES = "cityscapes"  # the "release" whose tags are Cityscapes label ids
_PNG = b"\x89PNG\r\n\x1a\n"  # then length and name of the first block, then width and height


def read_picture(path: Path) -> np.ndarray:
    """Return the pixels of a PNG as stored, H,W or H,W,C (B, G, R first); JPEG is refused."""
    with reading(path), path.open("rb") as file:
        head = file.read(24)
    if head.startswith(b"\xff\xd8\xff"):
        raise CannotImport(
            path,
            "it is a JPEG, which changes labels at every edge; save label maps as PNG (carla: save_to_disk(…png))",
        )
    if not head.startswith(_PNG) or len(head) < 24:
        raise CannotImport(path, "it is no PNG, or it is cut short")
    check_size(path, *struct.unpack(">II", head[16:]))
    try:
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise CannotImport(path, f"it cannot be decoded ({error.err})") from error
    if picture is None:
        raise CannotImport(path, "it is no picture that can be read, or it is cut short")
    if picture.dtype != np.uint8:
        raise CannotImport(path, f"its pixels are {picture.dtype}; label maps have 8 bits")
    return np.asarray(picture)


def tags_in(picture: np.ndarray, path: Path, release: str | None) -> tuple[np.ndarray, str]:
    """Return the tags, H,W uint8, of a picture and the tag table that they belong to.

    One channel: tags as they are. Three with green and blue empty: CARLA's raw semantic image, the tag in red.
    Else: the colours of a release's palette, of the only one that has them all.
    """
    if picture.ndim == 2:
        return picture, release or _release_of_grey(path)
    blue, green, red = (picture[..., channel] for channel in range(3))
    if not blue.any() and not green.any():
        return np.ascontiguousarray(red), release or next(reversed(TAG_TABLES))
    packed = red.astype(np.uint32) << 16 | green.astype(np.uint32) << 8 | blue
    colours = np.unique(packed)
    found = _release_with(set(colours.tolist()), path, release)
    table = np.array([_tags_by_colour(found)[colour] for colour in colours.tolist()], np.uint8)
    return table[np.searchsorted(colours, packed)], found


def _release_of_grey(path: Path) -> str:
    return CITYSCAPES if path.stem.endswith("labelIds") else next(reversed(TAG_TABLES))


def _release_with(colours: set[int], path: Path, release: str | None) -> str:
    candidates = [release] if release else [*reversed(TAG_TABLES), CITYSCAPES]
    for candidate in candidates:
        if colours <= _tags_by_colour(candidate).keys():
            return candidate
    best = min(candidates, key=lambda candidate: len(colours - _tags_by_colour(candidate).keys()))
    strange = sorted(colours - _tags_by_colour(best).keys())
    listed = ", ".join(f"({c >> 16}, {c >> 8 & 255}, {c & 255})" for c in strange[:5])
    more = f" and {len(strange) - 5} more" if len(strange) > 5 else ""
    raise CannotImport(
        path,
        f"colours {listed}{more} fit no class of the palette of {best}; was it saved with loss, or scaled?",
    )


@cache
def _tags_by_colour(release: str) -> dict[int, int]:
    table: TagTable = tag_table(release)
    rows = reversed(table.rows)  # of two tags with one colour the first counts
    return {(row.carla_rgb[0] << 16 | row.carla_rgb[1] << 8 | row.carla_rgb[2]): row.tag for row in rows}
