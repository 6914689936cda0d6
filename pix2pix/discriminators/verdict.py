"""What a discriminator says."""

from typing import NamedTuple

from torch import Tensor


class Verdict(NamedTuple):
    """The scores of one judge, and the features that led to them, for the feature-matching loss."""

    scores: Tensor  # N,1,h,w (patch, extracted): high means real; N,K+2,H,W logits (segmentation)
    features: list[Tensor]
