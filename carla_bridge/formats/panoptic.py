"""Segments: every pixel's class and object in one number, as Cityscapes and COCO's panoptic format count them."""

from typing import NamedTuple

import cv2
import numpy as np

from carla_bridge.labels import CITYSCAPES, CITYSCAPES_BY_ID

PER_CLASS = 1000  # objects of one class in one picture
_WITH_INSTANCES = sorted(row.id for row in CITYSCAPES if row.has_instances)
_FIRST, _CLASSES = _WITH_INSTANCES[0], len(_WITH_INSTANCES)
assert len(range(_FIRST, _WITH_INSTANCES[-1] + 1)) == _CLASSES  # none between them is without


class Segment(NamedTuple):
    """An object, a group of objects that nobody can tell apart, or all of a class without instances."""

    id: int
    left: int
    top: int
    mask: np.ndarray  # h,w uint8, 0 or 1: as large as what is around it
    area_px: int

    @property
    def label_id(self) -> int:
        """The Cityscapes label id."""
        return self.id // PER_CLASS or self.id

    @property
    def is_group(self) -> bool:
        """Say whether it is of a class with instances, and not one of them."""
        return self.id < PER_CLASS and CITYSCAPES_BY_ID[self.id].has_instances


def segment_ids(label_ids: np.ndarray, instance_ids: np.ndarray) -> np.ndarray:
    """Return segment ids, H×W int32: the label id, or 1000 times it plus the object's number in the picture.

    Objects are numbered from 0 within their class, in the order of their instance ids. Beyond a thousand of one class,
    and where a class with instances has none, the label id alone stands for a group.
    """
    ids = label_ids.astype(np.int32)
    has_instances = label_ids - np.uint8(_FIRST) < _CLASSES  # what is below wraps around
    where = np.nonzero(has_instances & (instance_ids > 0))
    keys = (ids[where] - _FIRST) << 16 | instance_ids[where]
    found = np.flatnonzero(np.bincount(keys, minlength=_CLASSES << 16))
    labels = (found >> 16) + _FIRST
    first = np.searchsorted(labels, labels)  # of the same class; `found` is in order
    numbers = np.arange(len(found)) - first
    by_key = np.zeros(_CLASSES << 16, np.int32)
    by_key[found] = np.where(numbers < PER_CLASS, labels * PER_CLASS + numbers, labels)
    ids[where] = by_key[keys]
    return ids


def segments_of(ids: np.ndarray) -> list[Segment]:
    """Return the segments of a map of segment ids, H×W int32, by their ids."""
    areas = np.bincount(ids.ravel())
    found = np.flatnonzero(areas)
    places = np.zeros(len(areas), np.uint8 if len(found) <= 256 else np.uint16)
    places[found] = np.arange(len(found))
    by_place = places[ids]  # small numbers are compared sooner
    return [
        _segment(int(segment_id), by_place == places.dtype.type(place), int(areas[segment_id]))
        for place, segment_id in enumerate(found)
    ]


def _segment(segment_id: int, mask: np.ndarray, area_px: int) -> Segment:
    pixels = mask.view(np.uint8)
    left, top, width, height = cv2.boundingRect(pixels)
    return Segment(segment_id, left, top, pixels[top : top + height, left : left + width], area_px)
