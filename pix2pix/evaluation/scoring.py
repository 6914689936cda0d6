"""All scores of photos painted from label maps, one photo after the other: only vectors and small pictures stay.

It does not know where the photos come from: a generator's and the real ones are scored by the same lines.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from pix2pix.classes import PALETTE_RGB
from pix2pix.datasets import Dataset, Sample
from pix2pix.evaluation.distances import Embed, Likeness, frechet_distance, kernel_distance, likeness
from pix2pix.evaluation.flicker import Flicker, flicker
from pix2pix.evaluation.segmentation import SegmentationScore, confusion_of, segment
from pix2pix.segmenter import Segmenter

Paint = Callable[[Sample], np.ndarray]  # → photo H,W,3 uint8
THUMBNAIL_PX = 384  # width of the pictures that are kept
QUALITY = 86  # of their JPEG


class Judge(NamedTuple):
    """Who scores: a segmenter in eval mode on `device`, its classes, and the features for the distances."""

    segmenter: Segmenter
    classes: tuple[int, ...]
    embed: Embed
    device: str = "cpu"


class Judged(NamedTuple):
    """What is known of one painter's photos, in the order of the data set."""

    score: SegmentationScore
    accuracies: np.ndarray  # N: share of each photo's judged pixels seen as what they are; NaN: none judged
    vectors: np.ndarray  # N,D float64
    likenesses: list[Likeness]
    jpegs: list[bytes]


def judge_photos(
    judge: Judge, dataset: Dataset, paint: Paint, *, done: Callable[[], None] = lambda: None
) -> Judged:
    """Score what `paint` makes of every sample, whole and at its own size."""
    count = len(judge.classes)
    confusion = np.zeros((count, count), np.int64)
    accuracies, vectors, likenesses, jpegs = [], [], [], []
    for index in range(len(dataset)):
        sample = dataset[index]
        photo_rgb = paint(sample)
        own = confusion_of(segment(judge.segmenter, photo_rgb, judge.device), sample.label_ids, judge.classes)
        confusion += own
        accuracies.append(own.trace() / own.sum() if own.sum() else np.nan)
        vectors.append(judge.embed(photo_rgb))
        if sample.photo_rgb is not None:
            likenesses.append(likeness(photo_rgb, sample.photo_rgb))
        jpegs.append(thumbnail(photo_rgb))
        done()
    return Judged(SegmentationScore(confusion), np.array(accuracies), np.stack(vectors), likenesses, jpegs)


def summary(judged: Judged, real: Judged) -> dict[str, float]:
    """Return the means by name: the segmentation score, and the distances to `real`."""
    return judged.score.summary() | {
        "frechet_distance": frechet_distance(real.vectors, judged.vectors),
        "kernel_distance": kernel_distance(real.vectors, judged.vectors),
        "ssim": float(np.mean([pair.ssim for pair in judged.likenesses])),
        "psnr_db": float(np.mean([pair.psnr_db for pair in judged.likenesses])),
    }


def video_flicker(video: Dataset, paint: Paint, *, done: Callable[[], None] = lambda: None) -> Flicker:
    """Return the flicker of what `paint` makes of successive label maps."""

    def frames() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for index in range(len(video)):
            sample = video[index]
            yield sample.label_ids, paint(sample)
            done()

    return flicker(frames())


def spread_vectors(judge: Judge, dataset: Dataset, most: int) -> np.ndarray:
    """Return the vectors of up to `most` real photos spread over the data, N,D."""
    places = np.linspace(0, len(dataset) - 1, min(most, len(dataset))).round().astype(int)
    photos = (dataset[int(place)].photo_rgb for place in places)
    return np.stack([judge.embed(photo_rgb) for photo_rgb in photos if photo_rgb is not None])


def worst_and_best(judged: Sequence[Judged], *, each: int = 3, seed: int = 0) -> dict[str, list[int]]:
    """Return the places of the worst, random and best photos by the mean accuracy over all painters; none twice."""
    mean = np.nan_to_num(np.mean([one.accuracies for one in judged], axis=0))
    order = [int(place) for place in np.argsort(mean, kind="stable")]
    each = min(each, len(order) // 2)
    worst, best = order[:each], order[len(order) - each :][::-1]
    between = order[each : len(order) - each]
    drawn = np.random.default_rng(seed).permutation(len(between))[: max(each, 1)]
    return {"worst": worst, "random": sorted(between[int(place)] for place in drawn), "best": best}


def label_picture(label_ids: np.ndarray) -> bytes:
    """Return the palette's colours as a JPEG."""
    return thumbnail(PALETTE_RGB[np.minimum(label_ids, len(PALETTE_RGB) - 1)])


def thumbnail(photo_rgb: np.ndarray) -> bytes:
    """Return a small JPEG; smaller photos stay as they are."""
    height, width = photo_rgb.shape[:2]
    if width > THUMBNAIL_PX:
        size = (THUMBNAIL_PX, max(1, round(height * THUMBNAIL_PX / width)))
        photo_rgb = cv2.resize(photo_rgb, size, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(np.ascontiguousarray(photo_rgb), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
