"""The reference line of a road, evaluated anywhere: line, arc, spiral, poly3 and paramPoly3; OpenDRIVE's axes."""

from collections.abc import Sequence

import numpy as np

from carla_bridge.standin.roads.xodr_records import Piece

TABLE_STEPS = 256
NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)


def points_along(plan: Sequence[Piece], s: np.ndarray) -> np.ndarray:
    """Return x, y, heading (N,3 float64) at distances along a plan view."""
    starts = np.array([piece.s for piece in plan])
    which = np.clip(np.searchsorted(starts, s, side="right") - 1, 0, len(starts) - 1)
    out = np.empty((len(s), 3))
    for i in np.unique(which):
        out[which == i] = _piece_at(plan[i], np.maximum(s[which == i] - plan[i].s, 0.0))
    return out


def cubic_at(rows: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Return the value at each `s` of the cubic (start, a, b, c, d) in force there; 0 without any."""
    if not len(rows):
        return np.zeros(len(s))
    start, a, b, c, d = rows[np.clip(np.searchsorted(rows[:, 0], s, side="right") - 1, 0, None)].T
    u = s - start
    return a + u * (b + u * (c + u * d))


def _piece_at(piece: Piece, ds: np.ndarray) -> np.ndarray:
    get = piece.numbers.get
    if piece.shape == "line":
        local = np.stack([ds, np.zeros_like(ds), np.zeros_like(ds)], axis=1)
    elif piece.shape == "arc":
        local = _spiral(ds, get("curvature", 0.0), get("curvature", 0.0), piece.length)
    elif piece.shape == "spiral":
        local = _spiral(ds, get("curvStart", 0.0), get("curvEnd", 0.0), piece.length)
    elif piece.shape == "poly3":
        local = _curve(
            ds, piece, (0.0, 1.0, 0.0, 0.0), tuple(get(name, 0.0) for name in "abcd"), piece.length
        )
    else:
        u, v = (tuple(get(name + axis, 0.0) for name in "abcd") for axis in "UV")
        local = _curve(ds, piece, u, v, 1.0 if piece.normalized else piece.length)
    cos, sin = np.cos(piece.heading), np.sin(piece.heading)
    x, y, turn = local.T
    return np.stack([piece.x + x * cos - y * sin, piece.y + x * sin + y * cos, piece.heading + turn], axis=1)


def _spiral(ds: np.ndarray, start: float, end: float, length: float) -> np.ndarray:
    """A curve whose curvature changes evenly: an arc if it does not change."""
    rate = (end - start) / length if length else 0.0
    if rate == 0.0:
        turn = start * ds
        chord = ds * np.sinc(turn / (2.0 * np.pi))
        return np.stack([chord * np.cos(turn / 2.0), chord * np.sin(turn / 2.0), turn], axis=1)
    along = ds[:, None] * (NODES + 1.0) / 2.0
    heading = start * along + rate * along * along / 2.0
    x = (np.cos(heading) @ WEIGHTS) * ds / 2.0
    y = (np.sin(heading) @ WEIGHTS) * ds / 2.0
    return np.stack([x, y, start * ds + rate * ds * ds / 2.0], axis=1)


def _curve(
    ds: np.ndarray, piece: Piece, u: tuple[float, ...], v: tuple[float, ...], p_end: float
) -> np.ndarray:
    """A parametric cubic up to `p_end`, run through at even speed."""
    polynomials = [np.polynomial.Polynomial(each) for each in (u, v)]
    slopes = [each.deriv() for each in polynomials]
    p = np.linspace(0.0, p_end, TABLE_STEPS + 1)
    speed = np.hypot(*(slope(p) for slope in slopes))
    arc = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2.0 * np.diff(p))])
    at = np.interp(ds, arc, p)
    x, y = (each(at) for each in polynomials)
    return np.stack([x, y, np.arctan2(slopes[1](at), slopes[0](at))], axis=1)
