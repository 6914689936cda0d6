"""COCO: detection with masks, and panoptic, as pycocotools and panopticapi read them.

    images/train/d0000_000000_000019.jpg
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

import numpy as np

from carla_bridge.formats.encoding import encode_png
from carla_bridge.formats.panoptic import Segment
from carla_bridge.formats.sample import BoxPx, Entry, LabelledObject, Sample, Split
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
        photo = self._folder / "images" / sample.split / f"{sample.stem}.jpg"
        save_whole(photo, sample.photo_jpg, overwrite=True)
        picture = self._folder / "annotations" / f"panoptic_{sample.split}" / f"{sample.stem}.png"
        save_whole(picture, encode_png(panoptic_picture(sample)), overwrite=True)
        width, height = sample.size_px
        listed = [thing for thing in sample.objects if _is_evaluated(thing.label_id)]
        return {
            "image": {"file_name": f"{sample.stem}.jpg", "width": width, "height": height},
            "annotations": [_annotation(sample, thing) for thing in listed],
            "segments": [_segment_info(each) for each in sample.segments if _is_evaluated(each.label_id)],
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


def panoptic_picture(sample: Sample) -> np.ndarray:
    """Return the segment ids as colours, H×W×3 uint8 BGR, red the lowest byte; 0 where the benchmark scores nothing."""
    ids = np.where(train_ids(sample.label_ids) == IGNORED, 0, sample.segment_ids)
    return ids.astype(">u4").view(np.uint8).reshape(*ids.shape, 4)[..., 1:]


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


def _segment_info(segment: Segment) -> Entry:
    height, width = segment.mask.shape
    return {
        "id": segment.id,
        "category_id": segment.label_id,
        "area": segment.area_px,
        "bbox": [segment.left, segment.top, width, height],
        "iscrowd": int(segment.is_group),
    }


def _is_evaluated(label_id: int) -> bool:
    return not CITYSCAPES_BY_ID[label_id].ignore_in_eval


def _xywh(box: BoxPx) -> list[float]:
    return [round(side, 2) for side in (box.left, box.top, box.right - box.left, box.bottom - box.top)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
