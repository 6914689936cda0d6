"""YOLO, as Ultralytics reads it: `detect/` with boxes and `segment/` with outlines, each with its `data.yaml`.

    detect/data.yaml   detect/images/train/d0000_000000_000019.jpg   detect/labels/train/d0000_000000_000019.txt
    segment/…          the same

A line per object: the class, then a box (middle, width, height) or an outline, in shares of the picture.
Source: https://docs.ultralytics.com/datasets/detect/ and /segment/
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from carla_bridge.formats.polygons import outlines
from carla_bridge.formats.sample import BoxPx, Entry, LabelledObject, Sample, Split
from carla_bridge.labels import CITYSCAPES
from carla_bridge.outputs import save_whole

CLASSES = tuple(row for row in CITYSCAPES if row.has_instances and not row.ignore_in_eval)
_NUMBER = {row.id: number for number, row in enumerate(CLASSES)}


class Yolo:
    """Writes samples for YOLO below a folder."""

    name = "yolo"

    def __init__(self, folder: Path):
        self._folder = folder

    def write(self, sample: Sample) -> Entry:
        """Write the photo and the labels of both tasks; there is nothing to say of it at the end."""
        things = [thing for thing in sample.objects if thing.label_id in _NUMBER]
        lines = {
            "detect": [_box_line(sample, thing) for thing in things],
            "segment": [_outline_line(sample, thing) for thing in things],
        }
        for task, told in lines.items():
            stem = f"{sample.split}/{sample.stem}"
            save_whole(self._folder / task / f"images/{stem}.jpg", sample.photo_jpg, overwrite=True)
            text = "".join(f"{line}\n" for line in told)
            save_whole(self._folder / task / f"labels/{stem}.txt", text.encode(), overwrite=True)
        return {}

    def finish(self, entries: Mapping[Split, Sequence[Entry]]) -> None:
        """Write `data.yaml`; it names the splits there are, and the classes."""
        splits = [f"{split}: images/{split}\n" for split in entries]
        names = [f"  {number}: {row.name}\n" for number, row in enumerate(CLASSES)]
        text = "".join([*splits, "names:\n", *names])
        for task in ("detect", "segment"):
            save_whole(self._folder / task / "data.yaml", text.encode(), overwrite=True)


def joined(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """Return one outline through all pieces, N,2: there and back along the same line."""
    if len(pieces) == 1:
        return pieces[0]
    closed = [np.concatenate([piece, piece[:1]]) for piece in pieces]
    way_back = [piece[:1] for piece in reversed(pieces[:-1])]
    return np.concatenate([*closed, *way_back])


def _box_line(sample: Sample, thing: LabelledObject) -> str:
    width, height = sample.size_px
    box: BoxPx = thing.box
    shares = (
        (box.left + box.right) / 2 / width,
        (box.top + box.bottom) / 2 / height,
        (box.right - box.left) / width,
        (box.bottom - box.top) / height,
    )
    return _line(_NUMBER[thing.label_id], shares)


def _outline_line(sample: Sample, thing: LabelledObject) -> str:
    outline = joined(outlines(sample.visible(thing), left=int(thing.box.left), top=int(thing.box.top)))
    shares = (outline + 0.5) / sample.size_px  # from a pixel's number to its middle
    return _line(_NUMBER[thing.label_id], shares.ravel().tolist())


def _line(number: int, shares: Sequence[float]) -> str:
    return " ".join([str(number), *(f"{share:.6f}" for share in shares)])
