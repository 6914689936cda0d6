"""A dataset as one HTML page that needs no other file: what is in it, where, how much, and what it looks like."""

import base64
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from carla_bridge.labels import CITYSCAPES, CITYSCAPES_BY_NAME
from carla_bridge.outputs import save_whole
from carla_bridge.synthesis.records import Record

GRID = 48, 96  # rows and columns of the heat map
BINS_M = (0, 5, 10, 15, 20, 30, 40, 60, 80, 120, 1000)
BINS_COUNT = (0, 1, 2, 5, 10, 20, 50, 10**6)


@dataclass
class Findings:
    """What the records say together."""

    samples: int = 0
    pixels: Counter[str] = field(default_factory=Counter)  # by class
    objects: Counter[str] = field(default_factory=Counter)
    of_split: Counter[str] = field(default_factory=Counter)
    weathers: Counter[str] = field(default_factory=Counter)
    per_picture: list[int] = field(default_factory=list)
    distances_m: list[float] = field(default_factory=list)
    places: np.ndarray = field(default_factory=lambda: np.zeros(GRID))  # of the boxes' middles


def find_out(records: Iterable[Record]) -> Findings:
    """Count what is in the samples."""
    found = Findings()
    for record in records:
        found.samples += 1
        found.of_split[record["split"]] += 1
        found.pixels.update(record["pixels"])
        found.per_picture.append(len(record["objects"]))
        width, height = record["size_px"]
        for thing in record["objects"]:
            found.objects[thing["class"]] += 1
            left, top, right, bottom = thing["box"]
            row = int((top + bottom) / 2 / height * (GRID[0] - 1))
            found.places[row, int((left + right) / 2 / width * (GRID[1] - 1))] += 1
            if thing["distance_m"] is not None:
                found.distances_m.append(thing["distance_m"])
    return found


def write_report(
    folder: Path, records: Iterable[Record], manifest: Mapping[str, Any], previews: Path
) -> Path:
    """Write `report.html` into the dataset's folder and return it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = find_out(records)
    environment = Environment(
        loader=PackageLoader("carla_bridge.synthesis"), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("report.html").render(
        found=found,
        manifest=manifest,
        config=json.dumps(manifest["config"], indent=1),
        shares=_shares(found.pixels),
        objects=_bars(found.objects.most_common()),
        distances=_bars(histogram(found.distances_m, BINS_M, " m")),
        crowds=_bars(crowds(found.per_picture)),
        heat=_data_url(_heat_map(found.places), "png"),
        pictures=[_data_url(path.read_bytes(), "jpeg") for path in sorted(previews.glob("*.jpg"))],
        color={row.name: "#{:02x}{:02x}{:02x}".format(*row.color_rgb) for row in CITYSCAPES},
    )
    path = folder / "report.html"
    save_whole(path, page.encode(), overwrite=True)
    return path


def histogram(values: Sequence[float], edges: Sequence[float], unit: str) -> list[tuple[str, int]]:
    """Return how many values are in each bin: from its edge on, up to the next."""
    counts, _ = np.histogram(values, edges)
    names = [
        f"{low:g}–{high:g}{unit}" if high < edges[-1] else f"from {low:g}{unit}"
        for low, high in pairwise(edges)
    ]
    return list(zip(names, counts.tolist(), strict=True))


def crowds(counts: Sequence[int]) -> list[tuple[str, int]]:
    """Return how many pictures have so many objects."""
    names = ("none", "1", "2–4", "5–9", "10–19", "20–49", "50 and more")
    found, _ = np.histogram(counts, BINS_COUNT)
    return list(zip(names, found.tolist(), strict=True))


@dataclass(frozen=True)
class Bar:
    """One row of a chart."""

    name: str
    value: float
    percent: float  # of the longest


def _bars(rows: Sequence[tuple[str, float]]) -> list[Bar]:
    longest = max((value for _, value in rows), default=0) or 1
    return [Bar(name, value, 100 * value / longest) for name, value in rows]


def _shares(pixels: Mapping[str, int]) -> list[Bar]:
    total = sum(pixels.values()) or 1
    rows = [(name, 100 * count / total) for name, count in pixels.items() if name in CITYSCAPES_BY_NAME]
    return _bars(sorted(rows, key=lambda row: -row[1]))


def _heat_map(places: np.ndarray) -> bytes:
    warm = np.sqrt(places / max(1.0, places.max()))
    large = cv2.resize((warm * 255).astype(np.uint8), None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    picture = cv2.applyColorMap(large, cv2.COLORMAP_INFERNO)
    encoded: np.ndarray = cv2.imencode(".png", picture)[1]
    return encoded.tobytes()


def _data_url(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
