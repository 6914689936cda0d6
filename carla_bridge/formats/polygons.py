"""The outlines of segments as polygons, in an order in which painting one over the other gives the segments."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from carla_bridge.formats.panoptic import Segment


@dataclass(frozen=True)
class Region:
    """A connected piece of a segment."""

    segment: Segment
    points: list[list[int]]  # x and y of its outermost pixels; a pixel or a line has as many as it needs
    area_px: float  # of the outline, holes included


def regions(segments: Iterable[Segment]) -> list[Region]:
    """Return the pieces of all segments, large ones first: a hole's content comes after its rim."""
    found = [
        Region(segment, outline.tolist(), cv2.contourArea(outline) + len(outline) / 2)
        for segment in segments
        for outline in outlines(segment.mask, left=segment.left, top=segment.top)
    ]
    return sorted(found, key=lambda region: (-region.area_px, region.segment.id, region.points[0]))


def outlines(mask: np.ndarray, *, left: int, top: int) -> list[np.ndarray]:
    """Return the outer outlines of a mask, N,2 each: x and y of its outermost pixels in the picture.

    `mask` is h,w bool or uint8, a window of the picture that begins at left and top.
    """
    pixels = mask.view(np.uint8)
    contours, _ = cv2.findContours(pixels, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(left, top))
    return [_at_least_three(contour[:, 0]) for contour in contours]


def _at_least_three(contour: np.ndarray) -> np.ndarray:
    """Return a contour that is a polygon for those who insist: a pixel or a line repeats its last point."""
    missing = max(0, 3 - len(contour))
    return np.concatenate([contour, np.repeat(contour[-1:], missing, axis=0)]) if missing else contour
