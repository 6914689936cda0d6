"""The segmentation score, the field's measure for label map → photo (pix2pix, arXiv 1611.07004, section 4.1).

A network that was trained on real photos segments the generated ones; the nearer its answer is to the label map
that they were painted from, the more the photos look like what they should show.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from pix2pix.classes import IGNORED, channel_table
from pix2pix.tensors import to_signed


class SegmentationScore(NamedTuple):
    """Pixels by true class (rows) and seen class (columns), K,K int64."""

    confusion: np.ndarray

    @property
    def pixel_accuracy(self) -> float:
        """Share of all judged pixels that are seen as what they are."""
        return float(self.confusion.trace() / max(self.confusion.sum(), 1))

    @property
    def class_accuracy(self) -> float:
        """Mean over the classes that occur of the share of their pixels that are seen as what they are."""
        totals = self.confusion.sum(1)
        return float((self.confusion.diagonal()[totals > 0] / totals[totals > 0]).mean())

    @property
    def class_iou(self) -> np.ndarray:
        """Intersection over union of every class, K float64; NaN where a class neither occurs nor is seen."""
        hits = self.confusion.diagonal()
        union = self.confusion.sum(0) + self.confusion.sum(1) - hits
        return np.where(union > 0, hits / np.maximum(union, 1), np.nan)

    @property
    def mean_iou(self) -> float:
        """Mean over the classes that occur."""
        return float(self.class_iou[self.confusion.sum(1) > 0].mean())

    def summary(self) -> dict[str, float]:
        """Return the three means by name."""
        return {
            "pixel_accuracy": round(self.pixel_accuracy, 4),
            "class_accuracy": round(self.class_accuracy, 4),
            "mean_iou": round(self.mean_iou, 4),
        }


def segmentation_score(
    segmenter: nn.Module,
    pictures: Iterable[tuple[np.ndarray, np.ndarray]],
    classes: Sequence[int],
    *,
    device: str = "cpu",
) -> SegmentationScore:
    """Return the score of photos H,W,3 uint8 with the label ids H,W uint8 that they should show.

    `segmenter` must be in eval mode and tell the classes in this order.
    """
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    for photo_rgb, label_ids in pictures:
        confusion += confusion_of(segment(segmenter, photo_rgb, device), label_ids, classes)
    return SegmentationScore(confusion)


def segment(segmenter: nn.Module, photo_rgb: np.ndarray, device: str = "cpu") -> np.ndarray:
    """Return the place among the classes that each pixel is seen as, H,W int64."""
    with torch.inference_mode():
        logits = segmenter(
            to_signed(torch.from_numpy(np.require(photo_rgb, requirements=["C", "W"]))[None].to(device))
        )
    seen: np.ndarray = logits[0].argmax(0).cpu().numpy()
    return seen


def confusion_of(seen: np.ndarray, label_ids: np.ndarray, classes: Sequence[int]) -> np.ndarray:
    """Return pixels by true and seen class, K,K; ids 0–3 and those without a class are not judged."""
    table = channel_table(classes)
    table[list(IGNORED)] = 0
    true = table[label_ids].astype(np.int64) - 1
    judged = true >= 0
    count = len(classes)
    pairs = true[judged] * count + seen[judged]
    return np.bincount(pairs, minlength=count * count).reshape(count, count)
