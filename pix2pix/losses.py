"""The losses as pure functions with named results (pix2pix, arXiv 1611.07004, section 3; LSGAN, 1611.04076)."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F


class GeneratorLoss(NamedTuple):
    """What the generator minimises, and its parts."""

    total: Tensor
    adversarial: Tensor
    l1: Tensor


def adversarial_loss(scores: Tensor, *, real: bool, gan: str) -> Tensor:
    """Return how far the scores are from the verdict "real" (or "fake")."""
    target = torch.full_like(scores, float(real))
    if gan == "lsgan":
        return F.mse_loss(scores, target)
    return F.binary_cross_entropy_with_logits(scores, target)


def generator_loss(
    scores: Tensor, fake: Tensor, real: Tensor, *, gan: str, l1_weight: float
) -> GeneratorLoss:
    """Return GAN + L1; `scores` are the discriminator's of `fake`."""
    adversarial = adversarial_loss(scores, real=True, gan=gan)
    l1 = F.l1_loss(fake, real)
    return GeneratorLoss(total=adversarial + l1_weight * l1, adversarial=adversarial, l1=l1)


def discriminator_loss(real_scores: Tensor, fake_scores: Tensor, *, gan: str) -> Tensor:
    """Return half the sum of both verdicts' losses, which slows the discriminator as the paper does."""
    return 0.5 * (
        adversarial_loss(real_scores, real=True, gan=gan) + adversarial_loss(fake_scores, real=False, gan=gan)
    )
