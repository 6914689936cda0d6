"""What is special about the ground of junctions: bands of many turns lie over each other there, and leave gaps."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from carla_bridge.standin.roads.footprint import Raster, extent, quads
from carla_bridge.standin.roads.network import NO_JUNCTION, Strip

CARRIAGEWAY = frozenset(
    {"driving", "bidirectional", "parking", "entry", "exit", "onRamp", "offRamp", "connectingRamp"}
)
ROADWAY = CARRIAGEWAY | {"shoulder", "border", "stop", "biking", "restricted", "roadWorks"}
STEP_M = 0.6
CLOSED_M = 6.0  # gaps narrower than this between two turns are paved
LARGEST_GAP_M2 = 120.0
LARGEST_M = 800.0  # what is wider is no junction
SINK_M = 0.03
DEEPEST_M = 0.25


def clipped(strips: Sequence[Strip]) -> Iterator[Strip]:
    """Yield all strips, without the parts of sidewalks and medians that lie on a way through a junction."""
    masks = {number: _mask(group, CARRIAGEWAY) for number, group in _by_junction(strips).items()}
    for strip in strips:
        mask = masks.get(strip.junction)
        if mask is None or strip.kind in ROADWAY:
            yield strip
        else:
            yield from _outside(strip, mask)


def gaps(strips: Sequence[Strip]) -> Iterator[np.ndarray]:
    """Yield triangles (N,3,3) for the ground that the ways through a junction leave open between them.

    A plane just under all of them closes even the finest gap; a twisted junction gets patches.
    """
    for group in _by_junction(strips).values():
        roadway = [strip for strip in group if strip.kind in ROADWAY]
        mask = _mask(group, ROADWAY)
        if mask is None:
            continue
        points = np.concatenate([edge for strip in roadway for edge in (strip.inner, strip.outer)])
        slope, dip_m = _plane_below(points)
        whole, missing = _closed(mask)
        for outline in _outlines(whole if dip_m < DEEPEST_M else missing, mask):
            if dip_m < DEEPEST_M:
                z = np.column_stack([outline, np.ones(len(outline))]) @ slope
            else:
                z = _heights_around(outline, points)
            yield np.column_stack([outline, z - SINK_M])[ears(outline)]


def _by_junction(strips: Sequence[Strip]) -> dict[int, list[Strip]]:
    groups: dict[int, list[Strip]] = defaultdict(list)
    for strip in strips:
        if strip.junction != NO_JUNCTION:
            groups[strip.junction].append(strip)
    return groups


def _mask(strips: Sequence[Strip], kinds: frozenset[str]) -> Raster | None:
    chosen = [strip for strip in strips if strip.kind in kinds]
    if not chosen:
        return None
    low, high = extent(chosen)
    if (high - low).max() > LARGEST_M:
        return None
    raster = Raster(low - CLOSED_M, high + CLOSED_M)
    raster.fill(quad for strip in chosen for quad in quads(strip))
    return raster


def _outside(strip: Strip, mask: Raster) -> Iterator[Strip]:
    """Yield the parts of a strip that lie outside a mask, cut off square."""
    arc = np.concatenate([[0.0], np.linalg.norm(np.diff(strip.outer, axis=0), axis=1).cumsum()])
    own = np.concatenate([[0.0], np.linalg.norm(np.diff(strip.inner, axis=0), axis=1).cumsum()])
    arc = np.maximum.accumulate((arc + own) / 2)
    count = max(1, round(arc[-1] / STEP_M))
    at = np.linspace(0.0, arc[-1], count + 1)

    def edges(where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inner, outer = (
            np.stack([np.interp(where, arc, edge[:, axis]) for axis in range(3)], axis=1)
            for edge in (strip.inner, strip.outer)
        )
        return inner, outer

    inner, outer = edges((at[1:] + at[:-1]) / 2)
    shares = (0.15, 0.5, 0.85)
    free = ~np.any([mask.at(inner + share * (outer - inner)) for share in shares], axis=0)
    if free.all():
        yield strip
        return
    padded = np.concatenate([[False], free, [False]])
    for first, last in zip(
        np.flatnonzero(~padded[:-1] & padded[1:]), np.flatnonzero(padded[:-1] & ~padded[1:]), strict=True
    ):
        within = arc[(arc > at[first] + 1e-6) & (arc < at[last] - 1e-6)]
        part = edges(np.concatenate([[at[first]], within, [at[last]]]))
        yield Strip(strip.road, strip.section, strip.lane, strip.kind, strip.junction, *part)


def _plane_below(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Return a plane (3: per x, per y, constant) that lies under all points (N,3), and how far under the mean one."""
    flat = np.column_stack([points[:, :2], np.ones(len(points))])
    plane, *_ = np.linalg.lstsq(flat, points[:, 2], rcond=None)
    dip_m = float((flat @ plane - points[:, 2]).max())
    return plane - (0.0, 0.0, dip_m), dip_m


def _closed(mask: Raster) -> tuple[np.ndarray, np.ndarray]:
    """Return the mask without gaps, and the gaps with a little of what is around them; both like the mask."""
    size = round(CLOSED_M / mask.cell_m)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    closed = cv2.morphologyEx(mask.mask, cv2.MORPH_CLOSE, kernel)
    contours, tree = cv2.findContours(closed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for i, contour in enumerate(contours):  # holes that are no islands
        if tree[0][i][3] >= 0 and cv2.contourArea(contour) * mask.cell_m**2 < LARGEST_GAP_M2:
            cv2.drawContours(closed, contours, i, 1, cv2.FILLED)
    missing = cv2.dilate(closed & ~mask.mask & 1, np.ones((3, 3), np.uint8))
    has_islands = cv2.connectedComponents(1 - closed, connectivity=4)[0] > 2
    return (missing if has_islands else cv2.dilate(closed, np.ones((3, 3), np.uint8))), missing


def _outlines(shape: np.ndarray, mask: Raster) -> Iterator[np.ndarray]:
    """Yield the outlines (N,2, metres) of what is set in a raster shaped like the mask."""
    contours, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        outline = cv2.approxPolyDP(contour, 0.8, closed=True)[:, 0].astype(np.float64)
        if len(outline) > 2:
            yield outline * mask.cell_m + mask.low


def _heights_around(outline: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the height of the nearest points (M,3) for each corner of an outline."""
    near = np.linalg.norm(points[None, :, :2] - outline[:, None], axis=2)
    weight = 1.0 / (near**2 + 0.1) ** 2
    return np.asarray((weight * points[:, 2]).sum(axis=1) / weight.sum(axis=1))


def ears(outline: np.ndarray) -> np.ndarray:
    """Return the triangles of a simple polygon (N,2) as positions of its corners (M,3)."""
    left = list(range(len(outline)))
    x, y = outline.T
    if float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) < 0.0:
        left.reverse()
    triangles = []
    while len(left) > 3:
        at = next((k for k in range(len(left)) if _is_ear(outline, left, k)), 0)
        triangles.append((left[at - 1], left[at], left[(at + 1) % len(left)]))
        del left[at]
    return np.array([*triangles, left])


def _is_ear(outline: np.ndarray, left: list[int], k: int) -> bool:
    a, b, c = outline[left[k - 1]], outline[left[k]], outline[left[(k + 1) % len(left)]]
    if _turn(a, b, c) <= 0.0:
        return False
    others = outline[[i for i in left if i not in (left[k - 1], left[k], left[(k + 1) % len(left)])]]
    inside = (_turn(a, b, others) > 0) & (_turn(b, c, others) > 0) & (_turn(c, a, others) > 0)
    return not inside.any()


def _turn(a: np.ndarray, b: np.ndarray, p: np.ndarray) -> np.ndarray:
    return np.asarray((b[0] - a[0]) * (p[..., 1] - a[1]) - (b[1] - a[1]) * (p[..., 0] - a[0]))
