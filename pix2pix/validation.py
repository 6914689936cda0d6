"""The score that says which state of a run is the best: what a segmenter sees in photos of held-out label maps.

L1 says little of that: of two generators the blurred one has the lower. A segmenter's mean IoU is the field's
measure (`pix2pix.evaluation.segmentation`); here over few photos at the training height, so that it can be had
at every save.
"""

from typing import NamedTuple

from torch import nn

from pix2pix.checkpoint import fingerprint
from pix2pix.config import TrainConfig
from pix2pix.datasets import Dataset, Sample
from pix2pix.errors import Pix2PixError
from pix2pix.evaluation.segmentation import segmentation_score
from pix2pix.painting import paint
from pix2pix.samples import spread
from pix2pix.segmenter import Segmenter, find_segmenter, load_segmenter

MOST_PHOTOS = 50
MEASURE = "val_mean_iou"  # its name in stats and card


class Validation(NamedTuple):
    """Held-out label maps, and who looks at what is painted from them."""

    samples: list[Sample]
    segmenter: Segmenter  # on the device, in eval mode
    classes: tuple[int, ...]  # in the order of the segmenter's logits
    judge: str  # the segmenter file's SHA-256: scores of another don't compare
    device: str

    def score(self, generator: nn.Module) -> dict[str, float]:
        """Return the mean IoU, 0..1, by its name; the generator is on the device, in eval mode."""
        painted = ((paint(generator, sample, self.device), sample.label_ids) for sample in self.samples)
        found = segmentation_score(self.segmenter, painted, self.classes, device=self.device)
        return {MEASURE: found.mean_iou}


class Best(NamedTuple):
    """The best state of a run so far."""

    score: float
    step: int  # steps done
    judge: str  # as in `Validation`


def open_validation(segmenter: str, held_out: Dataset | None, config: TrainConfig, device: str) -> Validation:
    """Return up to 50 held-out label maps at the training height, and the segmenter of that name or path."""
    if held_out is None:
        raise Pix2PixError(
            "--segmenter scores held-out photos, but no --data has a split val; add one or leave --segmenter out"
        )
    network, card = load_segmenter(segmenter)
    if set(card.classes) != set(config.classes):
        raise Pix2PixError(
            f"--segmenter {segmenter} tells the classes {sorted(card.classes)} apart, the config names "
            f"{sorted(config.classes)}; make them the same"
        )
    samples = [sample._replace(photo_rgb=None) for sample in spread(held_out, MOST_PHOTOS, config.crop_px)]
    judge = fingerprint(find_segmenter(segmenter))
    return Validation(samples, network.to(device), card.classes, judge, device)


def check_judge(best: Best | None, validation: Validation | None) -> None:
    """Refuse to resume a scored run without its segmenter: its best state could not be told any more."""
    if best is not None and (validation is None or validation.judge != best.judge):
        raise Pix2PixError(
            f"the run was scored by a segmenter with SHA-256 {best.judge[:12]}…; resume it with the same --segmenter"
        )


def improves(scores: dict[str, float], best: Best | None) -> bool:
    """Whether there is a score and it is higher than the best so far."""
    return MEASURE in scores and (best is None or scores[MEASURE] > best.score)
