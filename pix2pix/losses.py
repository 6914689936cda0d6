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

MOST_WEIGHT = 50  # of a class
MOST_CLASSES = 256  # label ids are uint8

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
    """Return GAN + L1 + feature matching + perceptual; parts without weight are not computed and 0.

    `labels` N,C,H,W are the judges' label input, `channel` N,H,W int64 its classes with void 0; photos are
    N,3,H,W in -1..1, and `fake` equals `real` where nothing is judged.
    """
    zero = fake.new_zeros((), dtype=torch.float32)
    adversarial, verdicts = zero, []
    for judge, settings in zip(discriminators, config.discriminators, strict=True):
        own = judge(labels, fake)
        adversarial = adversarial + settings.weight * fooling_loss(own, channel, settings, gan=config.gan)
        verdicts += own
    features = zero
    if config.feature_weight:
        with torch.no_grad():
            targets = [verdict for judge in discriminators for verdict in judge(labels, real)]
        features = feature_loss(verdicts, targets)
    l1 = F.l1_loss(fake.float(), real.float())
    distance = perceptual(fake, real) if perceptual and config.perceptual_weight else zero
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
    """Return what the judges minimise; `fake` must be detached. Arguments as `generator_loss` has them."""
    total = real.new_zeros((), dtype=torch.float32)
    for judge, settings in zip(discriminators, configs, strict=True):
        if settings.kind == "segmentation":
            loss = segmentation_loss(judge, settings, labels, channel, real, fake)
        else:
            verdicts = judge(
                torch.cat([labels, labels]), torch.cat([real, fake])
            )  # one pass: twice the batch
            loss = torch.stack([patch_loss(*verdict.scores.chunk(2), gan=gan) for verdict in verdicts]).mean()
        total = total + settings.weight * loss
    return total


def patch_loss(real: Tensor, fake: Tensor, *, gan: str) -> Tensor:
    """Return half the sum of the losses on both scores, which slows the discriminator as the paper does."""
    return 0.5 * (adversarial_loss(real, real=True, gan=gan) + adversarial_loss(fake, real=False, gan=gan))


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
    """Return the cross entropy of "each real pixel is its class" and "each fake one is fake", and LabelMix.

    LabelMix (OASIS, section 3.2): a picture mixed from both by whole classes must be judged as the mix of
    their judgements.
    """
    photos = [real, fake]
    mask = mix_mask(channel)[:, None]
    if settings.label_mix:
        photos.append(torch.where(mask, real, fake))
    (verdict,) = judge(torch.cat([labels] * len(photos)), torch.cat(photos))
    of_real, of_fake, *of_mix = verdict.scores.float().chunk(len(photos))
    loss = classification_loss(of_real, channel) + fake_loss(of_fake, channel)
    for mixed in of_mix:
        loss = loss + settings.label_mix * F.mse_loss(mixed, torch.where(mask, of_real, of_fake))
    return loss


def fake_loss(logits: Tensor, channel: Tensor) -> Tensor:
    """Return the mean cross entropy of the last channel, "fake", over all pixels that aren't void.

    A pixel that isn't judged shows the real photo: calling it fake would be a lie.
    """
    judged = channel > 0
    fake = F.cross_entropy(logits.float(), torch.full_like(channel, logits.shape[1] - 1), reduction="none")
    return torch.where(judged, fake, 0.0).sum() / judged.sum().clamp(min=1)


def classification_loss(logits: Tensor, channel: Tensor) -> Tensor:
    """Return the cross entropy of logits N,K+2,H,W at channels N,H,W, every class weighing the same.

    The mean over the pixels that aren't void of `class_weights` × cross entropy.
    """
    weights = class_weights(channel, logits.shape[1])
    losses = F.cross_entropy(logits.float(), channel, weight=weights, reduction="sum")
    return losses / (channel > 0).sum().clamp(min=1)


def class_weights(channel: Tensor, count: int) -> Tensor:
    """Return one weight per logit: pixels / (classes present × the class's pixels), at most 50; void weighs 0.

    So every class in the batch counts the same, however few its pixels (OASIS, equation 2), but a handful of
    pixels doesn't drown all others.
    """
    places = torch.arange(count, device=channel.device)
    pixels = (channel.flatten()[:, None] == places).sum(
        0
    )  # without scatter or bincount: neither waits nor queues
    pixels = torch.where(places > 0, pixels, 0)
    present = (pixels > 0).sum().clamp(min=1)
    weights = torch.where(pixels > 0, pixels.sum() / (present * pixels.clamp(min=1)), 0.0)
    return weights.clamp(max=MOST_WEIGHT)


def mix_mask(channel: Tensor) -> Tensor:
    """Return N,H,W bool: each class of each picture whole from one side, drawn by lot (LabelMix)."""
    lots = torch.rand(len(channel), MOST_CLASSES, device=channel.device) < 0.5
    return torch.gather(lots, 1, channel.flatten(1)).view_as(channel)


def fooling_loss(
    verdicts: Sequence[Verdict], channel: Tensor, settings: DiscriminatorConfig, *, gan: str
) -> Tensor:
    """Return how far a judge is from what the generator wishes: every pixel its class, every patch real."""
    if settings.kind == "segmentation":
        return classification_loss(verdicts[0].scores, channel)
    if gan == "hinge":  # without a bound: the score itself
        return torch.stack([-verdict.scores.float().mean() for verdict in verdicts]).mean()
    return torch.stack([adversarial_loss(v.scores, real=True, gan=gan) for v in verdicts]).mean()
