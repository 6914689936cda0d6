"""Which class a pixel is: CARLA's tags, release by release, and the Cityscapes classes they become.

CARLA renumbered its tags twice without a word on the wire, so 7 is a road in one release and a traffic light
in another. The table is therefore chosen by the *server's* version. This module knows numbers, names and
colours; it knows no simulator, no file and no network.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from carla_bridge.class_rows import CITYSCAPES_ROWS, TAG_ROWS
from carla_bridge.errors import BridgeError

Rgb = tuple[int, int, int]
UnknownTags = Literal["refuse", "unlabeled"]

IGNORED = 255  # the train id of everything the benchmark does not score
_NO_ROW = 255  # marks a tag without a row inside a look-up; no Cityscapes id comes near it
_log = logging.getLogger(__name__)


class CityscapesClass(NamedTuple):
    """One row of the official Cityscapes table."""

    name: str
    id: int
    train_id: int
    category: str
    has_instances: bool
    ignore_in_eval: bool
    color_rgb: Rgb


class Tag(NamedTuple):
    """One tag of a CARLA release, and the Cityscapes class it becomes."""

    tag: int
    name: str  # CARLA's own
    cityscapes: str
    carla_rgb: Rgb  # CARLA's own palette, for reading other people's pictures; we never paint with it

    @property
    def city(self) -> CityscapesClass:
        """The row of the Cityscapes table: id, train id, colour."""
        return CITYSCAPES_BY_NAME[self.cityscapes]


CITYSCAPES = tuple(CityscapesClass(*row) for row in CITYSCAPES_ROWS)
CITYSCAPES_BY_NAME = MappingProxyType({row.name: row for row in CITYSCAPES})
CITYSCAPES_BY_ID = MappingProxyType({row.id: row for row in CITYSCAPES})


class UnknownTag(BridgeError):
    """Pixels carry a tag that the chosen table has no row for; most often the table is another release's."""

    def __init__(self, tags: list[int], pixel_count: int, release: str):
        self.tags, self.pixel_count, self.release = tags, pixel_count, release
        super().__init__(
            f"{pixel_count} pixels carry {_listed(tags)}, unknown in the table of CARLA {release}; "
            f"choose the right one with --tag-table ({', '.join(TAG_ROWS)}), "
            "or read them as unlabeled with --unknown-tags unlabeled"
        )


class NoTagTable(BridgeError):
    """No tag table belongs to this version or bears this name."""

    def __init__(self, asked: str):
        super().__init__(
            f"no tag table is known for CARLA version {asked!r}; "
            f"name one of {', '.join(TAG_ROWS)} with --tag-table"
        )


@dataclass(frozen=True)
class TagTable:
    """The tag numbering of CARLA from one release on, as look-ups."""

    release: str  # the first release with this numbering; the table's key
    rows: tuple[Tag, ...]

    def tag(self, name: str) -> int:
        """Return the number of a tag by CARLA's name."""
        return self._by_name[name].tag

    def has(self, name: str) -> bool:
        """Say whether this release has a tag of that name."""
        return name in self._by_name

    def label_ids(self, tags: np.ndarray, *, unknown: UnknownTags = "refuse") -> np.ndarray:
        """Return the Cityscapes label ids, ...×H×W uint8, of a tag map; paint on the road is road.

        Raises `UnknownTag` for a tag without a row, unless `unknown` is "unlabeled".
        """
        label_ids = _look_up(self._label_id_by_tag, tags)
        if label_ids.max() == _NO_ROW:
            self._report_unknown(tags, refuse=unknown == "refuse")
            label_ids = _look_up(self._label_id_by_tag_or_unlabeled, tags)
        return label_ids

    def road_line_mask(self, tags: np.ndarray) -> np.ndarray:
        """Return where the road is painted, bool; in the label ids that is plain road."""
        return tags == np.uint8(self.tag("RoadLines"))

    def _report_unknown(self, tags: np.ndarray, *, refuse: bool) -> None:
        counts = np.bincount(tags.ravel(), minlength=256)
        counts[[row.tag for row in self.rows]] = 0
        found = np.flatnonzero(counts).tolist()
        if refuse:
            raise UnknownTag(found, int(counts.sum()), self.release)
        _warn_once(self.release, tuple(found))

    @cached_property
    def _by_name(self) -> dict[str, Tag]:
        return {row.name: row for row in self.rows}

    @cached_property
    def _label_id_by_tag(self) -> np.ndarray:
        return _table(((row.tag, row.city.id) for row in self.rows), default=_NO_ROW)

    @cached_property
    def _label_id_by_tag_or_unlabeled(self) -> np.ndarray:
        return _table(((row.tag, row.city.id) for row in self.rows), default=0)


def table_for_version(version: str) -> TagTable:
    """Return the tag table of a CARLA server by the version it reports, such as "0.9.16" or "0.9.15-dirty".

    A version from the future is refused: a third renumbering would pass as silently as the first two did.
    """
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    number = tuple(int(part or 0) for part in found.groups()) if found else (-1,)
    if not (0, 8) <= number < (0, 11):
        raise NoTagTable(version)
    firsts = {tuple(map(int, release.split("."))): table for release, table in TAG_TABLES.items()}
    return firsts[max(first for first in firsts if first <= number)]


def tag_table(release: str) -> TagTable:
    """Return a tag table by its key, for those who know better than the server.

    "cityscapes" is the table of label maps that hold Cityscapes label ids instead of tags.
    """
    if release == _CITYSCAPES_TABLE.release:
        return _CITYSCAPES_TABLE
    if release not in TAG_TABLES:
        raise NoTagTable(release)
    return TAG_TABLES[release]


def colorize(label_ids: np.ndarray) -> np.ndarray:
    """Return the Cityscapes colours, ...×H×W×3 uint8 RGB, of a label map; ids outside the table are black."""
    import cv2

    flat = cv2.applyColorMap(_as_rows(label_ids), _RGB_BY_LABEL_ID)  # three channels through one table
    return flat.reshape(*label_ids.shape, 3)


def train_ids(label_ids: np.ndarray) -> np.ndarray:
    """Return the Cityscapes train ids, 0..18 and 255 for ignored, of a label map."""
    return _look_up(_TRAIN_ID_BY_LABEL_ID, label_ids)


def _look_up(table: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    import cv2

    return cv2.LUT(_as_rows(numbers), table).reshape(numbers.shape)


def _as_rows(numbers: np.ndarray) -> np.ndarray:
    """Return a stack of maps as one tall map: OpenCV takes a third dimension for colours."""
    assert numbers.dtype == np.uint8, numbers.dtype
    return np.ascontiguousarray(numbers).reshape(-1, numbers.shape[-1])


def _table(pairs: Iterable[tuple[int, int]], *, default: int) -> np.ndarray:
    table = np.full(256, default, np.uint8)
    for number, value in pairs:
        table[number] = value
    table.flags.writeable = False
    return table


@cache
def _warn_once(release: str, tags: tuple[int, ...]) -> None:
    _log.warning("%s unknown in the table of CARLA %s, read as unlabeled", _listed(list(tags)), release)


def _listed(tags: list[int]) -> str:
    return f"tag{'s' if len(tags) > 1 else ''} {', '.join(map(str, tags))}"


TAG_TABLES = MappingProxyType(
    {release: TagTable(release, tuple(Tag(*row) for row in rows)) for release, rows in TAG_ROWS.items()}
)
_CITYSCAPES_TABLE = TagTable(
    "cityscapes", tuple(Tag(row.id, row.name, row.name, row.color_rgb) for row in CITYSCAPES if row.id >= 0)
)
_ON_DISK = [row for row in CITYSCAPES if row.id >= 0]  # the licence plate, -1, fits no label map
_TRAIN_ID_BY_LABEL_ID = _table(((row.id, row.train_id) for row in _ON_DISK), default=IGNORED)
_RGB_BY_LABEL_ID = np.zeros((256, 1, 3), np.uint8)
for _row in _ON_DISK:
    _RGB_BY_LABEL_ID[_row.id, 0] = _row.color_rgb
