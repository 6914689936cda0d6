"""Training a segmenter from scratch on photos with label maps: one straight loop.

The schedule is fixed and the last average is kept: nothing is chosen by the held-out photos, so their score is one.
"""

import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pix2pix.classes import IGNORED, channel_table
from pix2pix.config import TrainConfig
from pix2pix.datasets import Dataset
from pix2pix.datasets.batches import Batch, batch_at
from pix2pix.datasets.prefetch import prefetch
from pix2pix.evaluation.segmentation import SegmentationScore, segmentation_score
from pix2pix.optimisation import Precision, set_rate
from pix2pix.outputs import writing
from pix2pix.segmenter import Segmenter, SegmenterCard, save_segmenter
from pix2pix.tensors import to_signed

Progress = Callable[[int, dict[str, float]], None]
UNJUDGED = 255  # target of a pixel without a class
WEIGHT_DECAY = 1e-2
RATE = 2e-3


def train_segmenter(
    config: TrainConfig,
    dataset: Dataset,
    held_out: Dataset,
    *,
    out: Path,
    width: int = 32,
    device: str = "cpu",
    workers: int = 2,
    progress: Progress = lambda step, losses: None,
) -> SegmentationScore:
    """Train and write to `out`; return the score on real held-out photos.

    Of `config` it takes the classes, crops, batch size, steps, precision, seed and what the card says of the data.
    """
    torch.manual_seed(config.seed)
    segmenter = Segmenter(config.classes, width).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = AveragedModel(segmenter, multi_avg_fn=average_over, use_buffers=True)
    adam = torch.optim.AdamW(segmenter.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY)
    precision = Precision(config.precision, device)
    weights = class_balance(dataset, config.classes).to(device)

    def make_batch(step: int) -> Batch:
        return batch_at(range(step * config.batch_size, (step + 1) * config.batch_size), dataset, config)

    for step, batch in enumerate(prefetch(make_batch, range(config.steps), workers=workers)):
        set_rate(adam, rate_at(step, config.steps))
        photo = to_signed(torch.from_numpy(batch.photo_rgb).to(device))
        target = targets(torch.from_numpy(batch.label_ids).to(device), config.classes)
        with precision.autocast():
            logits = segmenter(roughened(photo))
        loss = F.cross_entropy(logits.float(), target, weight=weights, ignore_index=UNJUDGED)
        adam.zero_grad(set_to_none=True)
        precision.backward(loss)
        precision.step(adam)
        average.update_parameters(segmenter)
        if step % 20 == 0 or step + 1 == config.steps:
            progress(step + 1, {"cross_entropy": loss.item()})

    trained: nn.Module = average.module.eval()
    score = segmentation_score(trained, real_photos(held_out), config.classes, device=device)
    card = SegmenterCard(
        name=config.name,
        classes=config.classes,
        width=width,
        data=config.about,
        data_licence=config.data_licence,
        licence=config.licence,
        steps=config.steps,
        images=len(dataset),
        machine=torch.cuda.get_device_name() if device.startswith("cuda") else platform.machine(),
        versions={"torch": torch.__version__, "python": platform.python_version()},
        metrics=score.summary(),
    )
    with writing(out) as partial:
        save_segmenter(partial, trained, card)
    return score


def average_over(averages: Any, currents: Any, count: Tensor | int) -> None:
    """Move the running averages: over the last tenth of the steps at first, over about 500 steps later.

    A fixed decay would leave much of the untrained weights in the average of a short training.
    """
    decay = min(0.998, (1 + int(count)) / (10 + int(count)))
    get_ema_multi_avg_fn(decay)(averages, currents, count)


def roughened(photo: Tensor) -> Tensor:
    """Return photos N,3,H,W with noise and blur drawn for each: a class must not be known by its grain alone.

    A generated photo lacks a camera's grain and JPEG's blocks; it is to be judged by what it shows.
    """
    soft, blur, noise = (torch.rand(len(photo), 1, 1, 1, device=photo.device) for _ in range(3))
    small = F.avg_pool2d(photo, 2, ceil_mode=True)
    blurred = F.interpolate(small, size=photo.shape[2:], mode="bilinear", align_corners=False)
    mixed = torch.where(soft < 0.5, torch.lerp(photo, blurred, blur), photo)
    rough: Tensor = mixed + 0.1 * (noise - 0.5).clamp(min=0) * torch.randn_like(
        mixed
    )  # half of them get none
    return rough


def rate_at(step: int, steps: int) -> float:
    """Return the rate: a short rise, then a cosine's fall to 0 (Loshchilov & Hutter 2016, arXiv 1608.03983)."""
    rise = max(1, min(200, steps // 20))
    if step < rise:
        return RATE * (step + 1) / rise
    return RATE * 0.5 * (1 + float(np.cos(np.pi * (step - rise) / max(1, steps - rise))))


def targets(label_ids: Tensor, classes: Sequence[int]) -> Tensor:
    """Return N,H,W int64: the place of each pixel's class among `classes`, or `UNJUDGED`."""
    table = torch.from_numpy(channel_table(classes)).long() - 1
    table[table < 0] = UNJUDGED
    table[list(IGNORED)] = UNJUDGED
    return table.to(label_ids.device)[label_ids.long()]


def class_balance(dataset: Dataset, classes: Sequence[int]) -> Tensor:
    """Return one weight per class, 1/√share, mean 1: rare classes count more, but don't drown the others."""
    pixels = np.zeros(len(classes))
    table = channel_table(classes)
    for index in range(len(dataset)):
        counted = np.bincount(table[dataset[index].label_ids].ravel(), minlength=len(classes) + 1)
        pixels += counted[1 : len(classes) + 1]
    weights = 1 / np.sqrt(np.maximum(pixels, 1) / max(pixels.sum(), 1))
    weights[pixels == 0] = 0
    return torch.from_numpy(weights / weights.mean()).float()


def real_photos(dataset: Dataset) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return photo H,W,3 and label ids H,W of every sample that has both."""
    samples = (dataset[index] for index in range(len(dataset)))
    return [(sample.photo_rgb, sample.label_ids) for sample in samples if sample.photo_rgb is not None]
