"""The outlines of segments as polygons, in an order in which painting one over the other gives the segments."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Region:
    """A connected piece of a segment."""

    segment_id: int
    points: list[list[int]]  # x and y of its outermost pixels; a pixel or a line has as many as it needs
    area_px: float  # of the outline, holes included


def regions(segment_ids: np.ndarray) -> list[Region]:
    """Return the pieces of all segments, H×W int32, large ones first: a hole's content comes after its rim."""
    found = [
        Region(int(segment_id), outline.tolist(), cv2.contourArea(outline) + len(outline) / 2)
        for segment_id in np.unique(segment_ids)
        for outline in outlines(segment_ids == segment_id)
    ]
    return sorted(found, key=lambda region: (-region.area_px, region.segment_id, region.points[0]))


def outlines(mask: np.ndarray) -> list[np.ndarray]:
    """Return the outer outlines of a mask, H×W bool, N,2 each: x and y of its outermost pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    window = mask[top : rows[-1] + 1, left : columns[-1] + 1].astype(np.uint8)
    contours, _ = cv2.findContours(window, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(left, top))
    return [_at_least_three(contour[:, 0]) for contour in contours]


def _at_least_three(contour: np.ndarray) -> np.ndarray:
    """Return a contour that is a polygon for those who insist: a pixel or a line repeats its last point."""
    missing = max(0, 3 - len(contour))
    return np.concatenate([contour, np.repeat(contour[-1:], missing, axis=0)]) if missing else contour
