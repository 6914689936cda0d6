"""One evaluation: several generators on the same label maps, scored by the same judge, beside the real photos."""

import datetime
import math
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from pix2pix.checkpoint import Card
from pix2pix.datasets import Dataset
from pix2pix.errors import Pix2PixError
from pix2pix.evaluation.distances import frechet_distance, kernel_distance
from pix2pix.evaluation.flicker import Flicker
from pix2pix.evaluation.scoring import (
    Judge,
    Judged,
    Paint,
    judge_photos,
    spread_vectors,
    summary,
    video_flicker,
)
from pix2pix.inference import Engine

Done = Callable[[], None]
FORMAT = 1


class Painter(NamedTuple):
    """A generator under the name that the report gives it."""

    name: str
    paint: Paint
    card: Card
    file: Path


class Evaluation(NamedTuple):
    """What was found: real photos first, then the painters in their order."""

    classes: tuple[int, ...]
    real: Judged
    painted: dict[str, Judged]
    flickers: dict[str, Flicker]
    summaries: dict[str, dict[str, float]]  # by painter, and "real"


def evaluate(
    painters: Sequence[Painter],
    dataset: Dataset,
    judge: Judge,
    *,
    other_real: Dataset | None = None,
    video: Dataset | None = None,
    done: Done = lambda: None,
) -> Evaluation:
    """Score every painter on the whole of `dataset`, and its flicker on `video`.

    `other_real` are real photos of another split: their distance to these is what no generator need beat.
    `done` is called after each of the `work(…)` pictures.
    """
    real = judge_photos(judge, dataset, _real_photo, done=done)
    painted = {one.name: judge_photos(judge, dataset, one.paint, done=done) for one in painters}
    summaries = {name: summary(judged, real) for name, judged in painted.items()}
    summaries["real"] = dict(real.score.summary())
    if other_real is not None:
        vectors = spread_vectors(judge, other_real, len(dataset))
        summaries["real"] |= {
            "frechet_distance": frechet_distance(real.vectors, vectors),
            "kernel_distance": kernel_distance(real.vectors, vectors),
        }
    flickers = {}
    if video is not None:
        flickers = {one.name: video_flicker(video, one.paint, done=done) for one in painters}
    for name, found in flickers.items():
        summaries[name]["flicker"] = found.error
    return Evaluation(judge.classes, real, painted, flickers, summaries)


def work(painters: int, photos: int, frames: int) -> int:
    """Return how many pictures an evaluation handles."""
    return (painters + 1) * photos + painters * frames


def engine_painter(engine: Engine) -> Paint:
    """Return what an engine paints of a sample's label map."""

    def paint(sample: Any) -> np.ndarray:
        photo_rgb: np.ndarray = engine(sample.label_ids[None])[0]
        return photo_rgb

    return paint


def to_json(
    found: Evaluation, painters: Sequence[Painter], *, about: Mapping[str, Any], names: Sequence[str]
) -> dict[str, Any]:
    """Return all numbers, plain enough for JSON; what could not be measured is null."""
    return _plain(
        {
            "format": FORMAT,
            "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores",
            "versions": versions(),
            **about,
            "photos": list(names),
            "classes": found.classes,
            "real": _judged(found.real, found.summaries["real"]),
            "checkpoints": [
                {
                    "name": one.name,
                    "card": one.card.model_dump(mode="json"),
                    **_judged(found.painted[one.name], found.summaries[one.name]),
                    "flicker": found.flickers[one.name]._asdict() if one.name in found.flickers else None,
                }
                for one in painters
            ],
        }
    )


def versions() -> dict[str, str]:
    """Return what the numbers may depend on."""
    import cv2
    import torchmetrics

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchmetrics": torchmetrics.__version__,
        "opencv": cv2.__version__,
        "numpy": np.__version__,
    }


def _judged(judged: Judged, means: dict[str, float]) -> dict[str, Any]:
    return {
        "scores": means,
        "class_iou": judged.score.class_iou,
        "confusion": judged.score.confusion,
        "photo_accuracy": judged.accuracies,
    }


def _real_photo(sample: Any) -> np.ndarray:
    if sample.photo_rgb is None:
        raise Pix2PixError("the data hold label maps without photos; evaluation compares with real photos")
    photo_rgb: np.ndarray = sample.photo_rgb
    return photo_rgb


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
