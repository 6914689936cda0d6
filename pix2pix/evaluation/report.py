"""The evaluation as one HTML page that needs no other file, and as JSON."""

import base64
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pix2pix.classes import PALETTE_RGB
from pix2pix.datasets import Dataset
from pix2pix.errors import Pix2PixError
from pix2pix.evaluation.curves import HEIGHT, WIDTH, read_curves
from pix2pix.evaluation.evaluate import Evaluation, Painter, to_json
from pix2pix.evaluation.scoring import label_picture, worst_and_best
from pix2pix.evaluation.segmentation import SegmentationScore
from pix2pix.outputs import check_new

CLASS_NAMES = {
    4: "static", 5: "dynamic", 6: "ground", 7: "road", 8: "sidewalk", 9: "parking", 10: "rail track", 11: "building",
    12: "wall", 13: "fence", 14: "guard rail", 15: "bridge", 16: "tunnel", 17: "pole", 18: "pole group",
    19: "traffic light", 20: "traffic sign", 21: "vegetation", 22: "terrain", 23: "sky", 24: "person", 25: "rider",
    26: "car", 27: "truck", 28: "bus", 29: "caravan", 30: "trailer", 31: "train", 32: "motorcycle", 33: "bicycle",
}  # fmt: skip


class Column(NamedTuple):
    """One column of the table of scores."""

    key: str
    title: str
    means: str  # for the tooltip
    digits: int
    better: int  # 1: more is better, -1: less is


COLUMNS = (
    Column("mean_iou", "mIoU", "segmentation score: mean intersection over union of the classes", 3, 1),
    Column("pixel_accuracy", "pixel acc.", "share of all pixels seen as what they should show", 3, 1),
    Column("class_accuracy", "class acc.", "the same, as a mean over the classes", 3, 1),
    Column(
        "frechet_distance",
        "Fréchet",
        "distance of the features' Gaussians to those of the real photos",
        2,
        -1,
    ),
    Column("kernel_distance", "kernel", "unbiased squared kernel distance of the features", 4, -1),
    Column("ssim", "SSIM", "structural similarity with the real photo of the same label map", 3, 1),
    Column("psnr_db", "PSNR dB", "peak signal-to-noise ratio with that photo", 2, 1),
    Column("flicker", "flicker", "mean change along the optical flow, 0–255", 2, -1),
)


def write_report(
    out: Path, found: Evaluation, painters: Sequence[Painter], dataset: Dataset, about: Mapping[str, Any]
) -> Path:
    """Write report.json and report.html into the new folder `out`; return the page."""
    numbers = json.dumps(
        to_json(found, painters, about=about, names=dataset.names), indent=1, allow_nan=False
    )
    page = to_html(found, painters, dataset, about)
    check_new(out)
    partial = out.with_name(f"{out.name}.partial")
    try:
        partial.mkdir(parents=True, exist_ok=True)
        (partial / "report.json").write_text(numbers + "\n", encoding="utf-8")
        (partial / "report.html").write_text(page, encoding="utf-8")
        partial.rename(out)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise Pix2PixError(
            f"{out} can't be written ({error.strerror}); name another folder with --out"
        ) from error
    return out / "report.html"


def to_html(
    found: Evaluation, painters: Sequence[Painter], dataset: Dataset, about: Mapping[str, Any]
) -> str:
    """Return the page; every text in it that comes from a file is escaped."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ModuleNotFoundError as error:
        raise Pix2PixError(
            "the report needs jinja2; install it by `pip install 'carla-bridge[metrics]'`"
        ) from error
    environment = Environment(
        loader=PackageLoader("pix2pix.evaluation", "templates"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["number"] = number
    environment.filters["color"] = lambda label_id: "rgb({}, {}, {})".format(*PALETTE_RGB[label_id])
    return environment.get_template("report.html").render(
        about=about,
        photos=len(dataset),
        columns=[column for column in COLUMNS if any(column.key in s for s in found.summaries.values())],
        best=best_scores(found),
        found=found,
        painters=painters,
        names=CLASS_NAMES,
        cases=_cases(found, dataset),
        confusions={name: confusion_shares(judged.score) for name, judged in _all(found).items()},
        curves={one.name: read_curves(one.file) for one in painters},
        curve_size=(WIDTH, HEIGHT),
    )


def best_scores(found: Evaluation) -> dict[str, str]:
    """Return the name of the best painter of every column, where there are several."""
    best = {}
    for column in COLUMNS:
        have = {n: s[column.key] for n, s in found.summaries.items() if n != "real" and column.key in s}
        finite = {name: value for name, value in have.items() if np.isfinite(value)}
        if len(finite) > 1:
            best[column.key] = max(finite, key=lambda name: column.better * finite[name])
    return best


def confusion_shares(score: SegmentationScore) -> np.ndarray:
    """Return the confusion as shares of each true class, K,K; NaN in the rows of classes that don't occur."""
    totals = score.confusion.sum(1, keepdims=True)
    return np.where(totals > 0, score.confusion / np.maximum(totals, 1), np.nan)


def number(value: float | None, digits: int) -> str:
    """Return a number as text, a dash for what was not measured."""
    return "–" if value is None or not np.isfinite(value) else f"{value:.{digits}f}"


def _all(found: Evaluation) -> dict[str, Any]:
    return {**found.painted, "real": found.real}


def _cases(found: Evaluation, dataset: Dataset) -> dict[str, list[dict[str, Any]]]:
    """Return label map, generated and real pictures of the worst, random and best photos."""
    return {
        kind: [
            {
                "name": dataset.names[place],
                "label": _data_uri(label_picture(dataset[place].label_ids)),
                "pictures": [
                    (name, _data_uri(judged.jpegs[place]), float(judged.accuracies[place]))
                    for name, judged in _all(found).items()
                ],
            }
            for place in places
        ]
        for kind, places in worst_and_best(list(found.painted.values())).items()
    }


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
