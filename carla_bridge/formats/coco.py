"""COCO: detection with masks, and panoptic, as pycocotools and panopticapi read them.

    train/d0000_000000_000019.jpg
    annotations/instances_train.json
    annotations/panoptic_train.json, annotations/panoptic_train/d0000_000000_000019.png

Category ids are Cityscapes label ids. Masks are uncompressed run lengths, without loss; further keys of an annotation
are ours: `track_id`, `amodal_bbox`, `truncation`, `occlusion`, `distance_m`.
Source: https://cocodataset.org/#format-data
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from carla_bridge.formats.panoptic import PER_CLASS, segment_ids
from carla_bridge.formats.sample import BoxPx, Entry, LabelledObject, Sample, Split, encode
from carla_bridge.labels import CITYSCAPES, CITYSCAPES_BY_ID, IGNORED, train_ids
from carla_bridge.outputs import save_whole

_EVALUATED = [row for row in CITYSCAPES if not row.ignore_in_eval]


class Coco:
    """Writes samples as COCO does below a folder."""

    name = "coco"

    def __init__(self, folder: Path):
        self._folder = folder

    def write(self, sample: Sample) -> Entry:
        """Write photo and panoptic picture; return the annotations, yet without numbers."""
        save_whole(self._folder / sample.split / f"{sample.stem}.jpg", sample.photo_jpg, overwrite=True)
        segments = evaluated_segments(sample)
        picture = np.stack([segments >> 16, segments >> 8 & 255, segments & 255], axis=-1).astype(np.uint8)
        save_whole(
            self._panoptic(sample.split) / f"{sample.stem}.png", encode(picture, ".png"), overwrite=True
        )
        width, height = sample.size_px
        listed = [thing for thing in sample.objects if not CITYSCAPES_BY_ID[thing.label_id].ignore_in_eval]
        return {
            "image": {"file_name": f"{sample.stem}.jpg", "width": width, "height": height},
            "annotations": [_annotation(sample, thing) for thing in listed],
            "segments": _segments_info(segments),
        }

    def finish(self, entries: Mapping[Split, Sequence[Entry]]) -> None:
        """Write the annotations of each split, numbered from 1 in the order of the samples."""
        for split, of_split in entries.items():
            images: list[Entry] = []
            annotations: list[Entry] = []
            panoptic: list[Entry] = []
            for image_id, entry in enumerate(of_split, start=1):
                images.append({"id": image_id, **entry["image"]})
                for each in entry["annotations"]:
                    annotations.append({"id": len(annotations) + 1, "image_id": image_id, **each})
                png = Path(entry["image"]["file_name"]).with_suffix(".png").name
                panoptic.append({"image_id": image_id, "file_name": png, "segments_info": entry["segments"]})
            self._save(f"instances_{split}", images, annotations, things_only=True)
            self._save(f"panoptic_{split}", images, panoptic, things_only=False)

    def _panoptic(self, split: Split) -> Path:
        return self._folder / "annotations" / f"panoptic_{split}"

    def _save(self, name: str, images: list[Any], annotations: list[Any], *, things_only: bool) -> None:
        told = {
            "info": {"description": "synthetic: photos generated from a simulator's label maps"},
            "licenses": [],
            "images": images,
            "annotations": annotations,
            "categories": categories(things_only=things_only),
        }
        path = self._folder / "annotations" / f"{name}.json"
        save_whole(path, json.dumps(told, sort_keys=True).encode(), overwrite=True)


def categories(*, things_only: bool) -> list[dict[str, Any]]:
    """Return the classes that the Cityscapes benchmark scores, or of those the ones with instances."""
    return [
        {
            "id": row.id,
            "name": row.name,
            "supercategory": row.category,
            **({} if things_only else {"isthing": int(row.has_instances), "color": list(row.color_rgb)}),
        }
        for row in _EVALUATED
        if row.has_instances or not things_only
    ]


def evaluated_segments(sample: Sample) -> np.ndarray:
    """Return the segment ids, H×W int32, 0 where the benchmark scores nothing."""
    ids = segment_ids(sample.label_ids, sample.instance_ids)
    return np.where(train_ids(sample.label_ids) == IGNORED, 0, ids)


def run_lengths(mask: np.ndarray, box: BoxPx) -> list[int]:
    """Return COCO's run lengths of a mask, H×W bool: how many pixels are off, on, off, …, column by column.

    `box` is around all that is on.
    """
    height, width = mask.shape
    left, right = int(box.left), int(box.right)
    flat = mask[:, left:right].ravel(order="F")
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts: list[int] = np.diff(np.r_[0, edges, flat.size]).tolist()
    counts = [0, *counts] if flat[0] else counts
    counts[0] += left * height
    after = (width - right) * height
    if len(counts) % 2:  # the last run is off
        counts[-1] += after
    elif after:
        counts.append(after)
    return counts


def _annotation(sample: Sample, thing: LabelledObject) -> Entry:
    width, height = sample.size_px
    return {
        "category_id": thing.label_id,
        "bbox": _xywh(thing.box),
        "area": thing.pixels,
        "segmentation": {"size": [height, width], "counts": run_lengths(sample.mask(thing), thing.box)},
        "iscrowd": 0,
        "track_id": thing.track_id,
        "amodal_bbox": None if thing.amodal_box is None else _xywh(thing.amodal_box),
        "truncation": _rounded(thing.truncation),
        "occlusion": _rounded(thing.occlusion),
        "distance_m": _rounded(thing.distance_m),
    }


def _segments_info(segments: np.ndarray) -> list[Entry]:
    areas = np.bincount(segments.ravel())
    return [_segment_info(segments, int(each), int(areas[each])) for each in np.flatnonzero(areas) if each]


def _segment_info(segments: np.ndarray, segment_id: int, area: int) -> Entry:
    is_single = segment_id < PER_CLASS
    return {
        "id": segment_id,
        "category_id": segment_id if is_single else segment_id // PER_CLASS,
        "area": area,
        "bbox": list(cv2.boundingRect((segments == segment_id).view(np.uint8))),
        "iscrowd": int(is_single and CITYSCAPES_BY_ID[segment_id].has_instances),
    }


def _xywh(box: BoxPx) -> list[float]:
    return [round(side, 2) for side in (box.left, box.top, box.right - box.left, box.bottom - box.top)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
