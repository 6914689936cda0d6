"""Flicker of a generated video: how much what moves on its way changes its looks (warping error).

As Lai et al. 2018 (arXiv 1808.00449, section 3.3), with DIS optical flow (Kroeger et al. 2016, arXiv 1603.03590).
Only pixels are judged whose class the flow leaves unchanged and that both flows agree on.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

AGREE_PX = 1.0  # forward and backward flow must lead back to within so many pixels


class Flicker(NamedTuple):
    """The warping error of a video."""

    error: float  # mean absolute difference, 0..255; NaN if no pixel could be judged
    judged: float  # share of the pixels that were judged
    pairs: int  # successive frames compared


def flicker(frames: Iterable[tuple[np.ndarray, np.ndarray]]) -> Flicker:
    """Return the flicker of successive label ids H,W uint8 with their photos H,W,3 uint8, all of one size."""
    total, judged, pixels, pairs = 0.0, 0, 0, 0
    for (before_ids, before_rgb), (after_ids, after_rgb) in pairwise(frames):
        difference, stable = warping_difference(before_ids, before_rgb, after_ids, after_rgb)
        total += float(difference[stable].sum())
        judged += int(stable.sum())
        pixels += stable.size
        pairs += 1
    return Flicker(total / judged if judged else float("nan"), judged / max(pixels, 1), pairs)


def warping_difference(
    before_ids: np.ndarray, before_rgb: np.ndarray, after_ids: np.ndarray, after_rgb: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return |after - before moved along the flow|, H,W float32 0..255, and where it can be judged, H,W bool."""
    before, after = (
        cv2.cvtColor(np.ascontiguousarray(p), cv2.COLOR_RGB2GRAY) for p in (before_rgb, after_rgb)
    )
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    still = np.zeros((*after.shape, 2), np.float32)
    backward = dis.calc(after, before, still.copy())  # where each pixel of the later frame was
    forward = dis.calc(before, after, still)
    height, width = after.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    x, y = columns + backward[..., 0], rows + backward[..., 1]
    moved_rgb = cv2.remap(before_rgb, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    moved_ids = cv2.remap(
        before_ids, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=255
    )
    returned = cv2.remap(forward, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) + backward
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    stable = inside & (moved_ids == after_ids) & (np.hypot(returned[..., 0], returned[..., 1]) < AGREE_PX)
    difference = np.abs(moved_rgb.astype(np.float32) - after_rgb).mean(axis=2)
    return difference, stable
