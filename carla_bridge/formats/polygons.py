"""The outlines of segments as polygons, in an order in which painting one over the other gives the segments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from carla_bridge.formats.panoptic import Segment


@dataclass(frozen=True)
class Region:
    """A connected piece of a segment, or a row of its pixels."""

    segment_id: int
    points: (
        np.ndarray
    )  # N,2 int32: x and y of its outermost pixels; a pixel or a line has as many as it needs


def regions(segments: Iterable[Segment], ids: np.ndarray) -> list[Region]:
    """Return polygons that, painted in this order, give the map of segment ids back, H×W int32, to the last pixel.

    Large pieces come first, so that a hole's content follows its rim. Where two pieces cross at a corner, each reaches
    into the other's outline: what the painting gets wrong there is mended row by row at the end.
    """
    pieces = [
        Region(segment.id, outline)
        for segment in segments
        for outline in outlines(segment.mask, left=segment.left, top=segment.top)
    ]
    pieces.sort(key=lambda piece: (-_area_px(piece.points), piece.segment_id, *piece.points[0]))
    return pieces + _rows(painted(pieces, ids.shape) != ids, ids)


def painted(pieces: Sequence[Region], shape: tuple[int, ...]) -> np.ndarray:
    """Return the map of segment ids, H×W int32, that the regions give; -1 where none is."""
    canvas = np.full(shape, -1, np.int32)
    for piece in pieces:
        cv2.fillPoly(canvas, [piece.points], piece.segment_id)
    return canvas


def _area_px(points: np.ndarray) -> float:
    return cv2.contourArea(points) + len(points) / 2


def _rows(missing: np.ndarray, ids: np.ndarray) -> list[Region]:
    """Return the pixels that are missing, H×W bool, as rows of one segment each."""
    y, x = np.nonzero(missing)
    of = ids[y, x]
    is_next = (np.diff(y) == 0) & (np.diff(x) == 1) & (np.diff(of) == 0)
    first, last = np.flatnonzero(np.r_[True, ~is_next]), np.flatnonzero(np.r_[~is_next, True])
    if not len(y):
        return []
    ends = np.stack([x[first], y[first], x[last], y[last], x[last], y[last]], axis=1).astype(np.int32)
    return [
        Region(int(of[start]), points) for start, points in zip(first, ends.reshape(-1, 3, 2), strict=True)
    ]


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
