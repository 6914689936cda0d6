"""The losses as pure functions with named results.

GAN + L1 as in pix2pix (arXiv 1611.07004, section 3), LSGAN (1611.04076), feature matching (pix2pixHD, 1711.11585).
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F


class GeneratorLoss(NamedTuple):
    """What the generator minimises, and its parts."""

    total: Tensor
    adversarial: Tensor
    l1: Tensor
    features: Tensor


def adversarial_loss(scores: Tensor, *, real: bool, gan: str) -> Tensor:
    """Return how far the scores are from the verdict "real" (or "fake")."""
    target = torch.full_like(scores, float(real))
    if gan == "lsgan":
        return F.mse_loss(scores, target)
    return F.binary_cross_entropy_with_logits(scores, target)


def feature_loss(fake_features: Sequence[Tensor], real_features: Sequence[Tensor]) -> Tensor:
    """Return the mean distance of the discriminator's features of fake and real, layer by layer."""
    distances = [
        F.l1_loss(fake, real.detach()) for fake, real in zip(fake_features, real_features, strict=True)
    ]
    return torch.stack(distances).mean()


def generator_loss(
    fake_features: Sequence[Tensor],
    real_features: Sequence[Tensor],
    fake: Tensor,
    real: Tensor,
    *,
    gan: str,
    l1_weight: float,
    feature_weight: float,
) -> GeneratorLoss:
    """Return GAN + L1 + feature matching; the features are the discriminator's, its scores last."""
    adversarial = adversarial_loss(fake_features[-1], real=True, gan=gan)
    l1 = F.l1_loss(fake, real)
    features = feature_loss(fake_features[:-1], real_features[:-1])
    total = adversarial + l1_weight * l1 + feature_weight * features
    return GeneratorLoss(total=total, adversarial=adversarial, l1=l1, features=features)


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor, *, gan: str) -> Tensor:
    """Return half the sum of both verdicts' losses, which slows the discriminator as the paper does."""
    verdicts = (
        adversarial_loss(real_scores, real=True, gan=gan),
        adversarial_loss(fake_scores, real=False, gan=gan),
    )
    return 0.5 * (verdicts[0] + verdicts[1])
