"""BDD100K: photos, detection and tracking labels in Scalabel's JSON, semantic masks.

    images/100k/train/d0000_000000_000019.jpg            where loaders of boxes look
    images/10k/train/d0000_000000_000019.jpg             where those of masks do; the same
    labels/det_20/det_train.json
    labels/box_track_20/train/d0000_000000.json          a file per drive and camera
    labels/sem_seg/masks/train/d0000_000000_000019.png   train ids, 255 ignored
    labels/sem_seg/colormaps/train/….png

Boxes are of what has instances: traffic lights and signs have none here. Both corners belong to a box, as in Scalabel.
Source: https://doc.bdd100k.com/format.html
"""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from carla_bridge.formats.sample import Entry, LabelledObject, Sample, Split
from carla_bridge.labels import CITYSCAPES_BY_NAME
from carla_bridge.outputs import save_whole

CATEGORIES = {
    CITYSCAPES_BY_NAME[name].id: {"person": "pedestrian"}.get(name, name)
    for name in ("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
}
HIDDEN, CUT_OFF = 0.1, 0.02  # from which share on a box is called occluded, truncated
_UNDEFINED = {"weather": "undefined", "scene": "undefined", "timeofday": "undefined"}


class Bdd100k:
    """Writes samples as BDD100K does below a folder."""

    name = "bdd100k"

    def __init__(self, folder: Path):
        self._folder = folder

    def write(self, sample: Sample) -> Entry:
        """Write photo and masks; return the frame's labels."""
        labels, stem = self._folder / "labels/sem_seg", f"{sample.split}/{sample.stem}"
        for kind in ("100k", "10k"):
            save_whole(self._folder / f"images/{kind}/{stem}.jpg", sample.photo_jpg, overwrite=True)
        save_whole(labels / f"masks/{stem}.png", sample.train_ids_png, overwrite=True)
        save_whole(labels / f"colormaps/{stem}.png", sample.colors_png, overwrite=True)
        return {
            "name": f"{sample.stem}.jpg",
            "videoName": f"{sample.drive}_{sample.camera_index:06d}",
            "frameIndex": sample.number,
            "timestamp": round(sample.time_s * 1000),  # ms
            "attributes": _UNDEFINED,
            "labels": [_label(thing) for thing in sample.objects if thing.label_id in CATEGORIES],
        }

    def finish(self, entries: Mapping[Split, Sequence[Entry]]) -> None:
        """Write the labels of each split, and of each of its drives as a video."""
        for split, of_split in entries.items():
            self._save(f"det_20/det_{split}.json", list(of_split))
            in_order = sorted(of_split, key=lambda entry: (entry["videoName"], entry["frameIndex"]))
            for video, frames in groupby(in_order, key=lambda entry: entry["videoName"]):
                self._save(f"box_track_20/{split}/{video}.json", list(frames))

    def _save(self, name: str, told: list[Any]) -> None:
        save_whole(self._folder / "labels" / name, json.dumps(told, sort_keys=True).encode(), overwrite=True)


def _label(thing: LabelledObject) -> Entry:
    box = thing.box
    return {
        "id": str(thing.track_id),
        "category": CATEGORIES[thing.label_id],
        "attributes": {
            "occluded": (thing.occlusion or 0) >= HIDDEN,
            "truncated": (thing.truncation or 0) >= CUT_OFF,
        },
        "box2d": {"x1": box.left, "y1": box.top, "x2": box.right - 1, "y2": box.bottom - 1},
    }
