"""The losses of a run directory as an SVG."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

POINTS = 240
WIDTH, HEIGHT = 560, 150
NOT_LOSSES = {"step", "rate"}


class Curve(NamedTuple):
    """One loss over the steps, as an SVG polyline in a box of `WIDTH` × `HEIGHT`."""

    name: str
    points: str
    low: float
    high: float
    last_step: int


def read_curves(checkpoint: Path) -> list[Curve]:
    """Return the curves of the run directory that a checkpoint lies in; none if it lies elsewhere."""
    path = checkpoint.parent / "stats.jsonl"
    if not path.is_file():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:  # a killed run's last line
            continue
        if isinstance(row, dict) and isinstance(row.get("step"), int):
            rows.append(row)
    names = [name for name in (rows[0] if rows else {}) if name not in NOT_LOSSES]
    curves = []
    for name in names:
        series = [(row["step"], row[name]) for row in rows if isinstance(row.get(name), int | float)]
        if len(series) > 1 and any(value for _, value in series):
            curves.append(_curve(name, averaged(series)))
    return curves


def averaged(series: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return at most `POINTS` means of successive steps; what is not finite is left out."""
    finite = [(step, value) for step, value in series if math.isfinite(value)]
    size = max(1, math.ceil(len(finite) / POINTS))
    chunks = [finite[first : first + size] for first in range(0, len(finite), size)]
    return [(chunk[-1][0], sum(value for _, value in chunk) / len(chunk)) for chunk in chunks]


def _curve(name: str, series: Sequence[tuple[int, float]]) -> Curve:
    steps, values = [step for step, _ in series], [value for _, value in series]
    low, high = min(values), max(values)
    span_x, span_y = max(steps[-1] - steps[0], 1), (high - low) or 1.0
    points = " ".join(
        f"{(step - steps[0]) / span_x * WIDTH:.1f},{HEIGHT - (value - low) / span_y * HEIGHT:.1f}"
        for step, value in series
    )
    return Curve(name, points, low, high, steps[-1])
