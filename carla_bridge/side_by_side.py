"""One picture of a frame pair, label beside photo: what videos, contact sheets and screenshots show."""

import numpy as np

from carla_bridge.frames import FramePair
from carla_bridge.labels import colorize


def side_by_side(pair: FramePair) -> np.ndarray:
    """Return the coloured label map and, right of it, the photo; H,2W,3 uint8 RGB."""
    return np.concatenate((colorize(pair.label_ids), pair.photo_rgb), axis=1)
