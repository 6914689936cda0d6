"""The losses as pure functions with named results.

GAN + L1 as in pix2pix (arXiv 1611.07004, section 3), LSGAN (1611.04076), hinge (1705.02894), feature matching
(pix2pixHD, 1711.11585), per-pixel classification with LabelMix (OASIS, 2012.04781). Where labels say "ignored"
the trainer puts the real photo in place of the generated one, so nothing differs there; the classification
gives void no weight.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pix2pix.config import DiscriminatorConfig, TrainConfig
from pix2pix.discriminators import Verdict

Perceptual = Callable[[Tensor, Tensor], Tensor]  # fake, real → distance


class GeneratorLoss(NamedTuple):
    """What the generator minimises, and its parts before their weights."""

    total: Tensor
    adversarial: Tensor
    l1: Tensor
    features: Tensor
    perceptual: Tensor


def generator_loss(
    discriminators: Iterable[nn.Module],
    labels: Tensor,
    channel: Tensor,
    fake: Tensor,
    real: Tensor,
    *,
    config: TrainConfig,
    perceptual: Perceptual | None = None,
) -> GeneratorLoss:
    """Return GAN + L1 + feature matching + perceptual; labels N,C,H,W, channel N,H,W, photos N,3,H,W."""
    zero = fake.new_zeros(())
    adversarial, features = zero, zero
    for judge, settings in zip(discriminators, config.discriminators, strict=True):
        verdicts = judge(labels, fake)
        adversarial = adversarial + settings.weight * _wish(verdicts, channel, settings, config.gan)
        if config.feature_weight:
            with torch.no_grad():
                targets = judge(labels, real)
            features = features + settings.weight * feature_loss(verdicts, targets)
    l1 = F.l1_loss(fake, real)
    distance = perceptual(fake, real) if perceptual else zero
    total = (
        adversarial
        + config.l1_weight * l1
        + config.feature_weight * features
        + config.perceptual_weight * distance
    )
    return GeneratorLoss(total, adversarial, l1, features, distance)


def discriminator_loss(
    discriminators: Iterable[nn.Module],
    configs: Sequence[DiscriminatorConfig],
    labels: Tensor,
    channel: Tensor,
    real: Tensor,
    fake: Tensor,
    *,
    gan: str,
) -> Tensor:
    """Return what the judges minimise; `fake` must be detached."""
    total = real.new_zeros(())
    for judge, settings in zip(discriminators, configs, strict=True):
        if settings.kind == "segmentation":
            loss = segmentation_loss(judge, settings, labels, channel, real, fake)
        else:
            loss = patch_loss(judge(labels, real), judge(labels, fake), gan=gan)
        total = total + settings.weight * loss
    return total


def patch_loss(real: Sequence[Verdict], fake: Sequence[Verdict], *, gan: str) -> Tensor:
    """Return half the sum of both verdicts' losses, which slows the discriminator as the paper does."""
    halves = [
        0.5
        * (adversarial_loss(r.scores, real=True, gan=gan) + adversarial_loss(f.scores, real=False, gan=gan))
        for r, f in zip(real, fake, strict=True)
    ]
    return torch.stack(halves).mean()


def adversarial_loss(scores: Tensor, *, real: bool, gan: str) -> Tensor:
    """Return how far the scores are from the verdict "real" (or "fake"), as the discriminator learns it."""
    scores = scores.float()
    if gan == "hinge":
        return F.relu(1 - scores if real else 1 + scores).mean()
    target = torch.full_like(scores, float(real))
    if gan == "lsgan":
        return F.mse_loss(scores, target)
    return F.binary_cross_entropy_with_logits(scores, target)


def feature_loss(fake: Sequence[Verdict], real: Sequence[Verdict]) -> Tensor:
    """Return the mean distance of the features of fake and real, layer by layer, of all verdicts."""
    distances = [
        F.l1_loss(f.float(), r.detach().float())
        for fake_verdict, real_verdict in zip(fake, real, strict=True)
        for f, r in zip(fake_verdict.features, real_verdict.features, strict=True)
    ]
    return torch.stack(distances).mean()


def segmentation_loss(
    judge: nn.Module,
    settings: DiscriminatorConfig,
    labels: Tensor,
    channel: Tensor,
    real: Tensor,
    fake: Tensor,
) -> Tensor:
    """Return the cross entropy of "each real pixel is its class" and "each fake one is fake", and LabelMix."""
    real_logits = judge(labels, real)[0].scores
    fake_logits = judge(labels, fake)[0].scores
    weights = class_weights(channel, real_logits.shape[1])
    judged = (channel > 0).float()
    loss = classification_loss(real_logits, channel, weights)
    fakes = torch.full_like(channel, real_logits.shape[1] - 1)
    # a pixel that isn't judged shows the real photo: calling it fake would be a lie
    of_fake = F.cross_entropy(fake_logits.float(), fakes, reduction="none")
    loss = loss + (of_fake * judged).sum() / judged.sum().clamp(min=1)
    if settings.label_mix:
        mask = mix_mask(channel, real_logits.shape[1])[:, None]
        mixed_logits = judge(labels, torch.where(mask, real, fake))[0].scores
        target = torch.where(mask, real_logits, fake_logits).detach()
        loss = loss + settings.label_mix * F.mse_loss(mixed_logits.float(), target.float())
    return loss


def classification_loss(logits: Tensor, channel: Tensor, weights: Tensor) -> Tensor:
    """Return the mean over all pixels of weight × cross entropy; void (channel 0) has weight 0."""
    losses = F.cross_entropy(logits.float(), channel, weight=weights, reduction="none")
    return losses.mean()


def class_weights(channel: Tensor, count: int) -> Tensor:
    """Return one weight per logit: total pixels / (classes present × the class's pixels); void weighs 0.

    So every class in the batch counts the same, however few its pixels (OASIS, equation 2).
    """
    flat = channel.flatten()
    pixels = torch.zeros(count, device=flat.device).scatter_add_(0, flat, torch.ones_like(flat).float())
    pixels[0] = 0
    present = (pixels > 0).sum().clamp(min=1)
    weights = torch.where(pixels > 0, pixels.sum() / (present * pixels.clamp(min=1)), 0.0)
    weights[0] = 0
    return weights.clamp(max=50)  # a handful of pixels must not drown all others


def mix_mask(channel: Tensor, count: int) -> Tensor:
    """Return N,H,W bool: each class of each picture whole from one side, drawn by lot (LabelMix)."""
    lots = torch.rand(len(channel), count, device=channel.device) < 0.5
    return torch.gather(lots, 1, channel.flatten(1)).view_as(channel)


def _wish(verdicts: Sequence[Verdict], channel: Tensor, settings: DiscriminatorConfig, gan: str) -> Tensor:
    """Return how far the judge is from what the generator wishes: every pixel its class, every patch real."""
    if settings.kind == "segmentation":
        logits = verdicts[0].scores
        return classification_loss(logits, channel, class_weights(channel, logits.shape[1]))
    if gan == "hinge":
        return torch.stack([-verdict.scores.float().mean() for verdict in verdicts]).mean()
    return torch.stack([adversarial_loss(v.scores, real=True, gan=gan) for v in verdicts]).mean()
