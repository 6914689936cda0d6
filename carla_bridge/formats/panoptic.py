"""Segments: every pixel's class and object in one number, as Cityscapes and COCO's panoptic format count them."""

import numpy as np

from carla_bridge.labels import CITYSCAPES

PER_CLASS = 1000  # objects of one class in one picture
_HAS_INSTANCES = np.zeros(256, bool)
_HAS_INSTANCES[[row.id for row in CITYSCAPES if row.has_instances]] = True


def segment_ids(label_ids: np.ndarray, instance_ids: np.ndarray) -> np.ndarray:
    """Return segment ids, H×W int32: the label id, or 1000 times it plus the object's number in the picture.

    Objects are numbered from 0 within their class, in the order of their instance ids. Beyond a thousand of one class,
    and where a class with instances has none, the label id alone stands for a group.
    """
    ids = label_ids.astype(np.int32)
    where = np.nonzero(_HAS_INSTANCES[label_ids] & (instance_ids > 0))
    keys = ids[where] << 16 | instance_ids[where]
    found, places = np.unique(keys, return_inverse=True)
    labels = found >> 16
    first = np.searchsorted(labels, labels)  # of the same class; `found` is in order
    numbers = np.arange(len(found)) - first
    named = np.where(numbers < PER_CLASS, labels * PER_CLASS + numbers, labels)
    ids[where] = named.astype(np.int32)[places]
    return ids
