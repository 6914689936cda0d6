"""Each loss against a value that numpy computes step by step from the paper's formula."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from pix2pix.config import DiscriminatorConfig, TrainConfig
from pix2pix.discriminators import make_discriminators
from pix2pix.discriminators.verdict import Verdict
from pix2pix.losses import (
    adversarial_loss,
    class_weights,
    classification_loss,
    discriminator_loss,
    fake_loss,
    feature_loss,
    fooling_loss,
    generator_loss,
    mix_mask,
)

SCORES = np.array([-1.5, 0.25, 2.0])


class FixedJudge(nn.Module):
    """Scores a photo by its mean red times 1, 2, …, one verdict each; its only feature is the photo."""

    def __init__(self, verdicts: int = 1) -> None:
        super().__init__()
        self.verdicts = verdicts

    def forward(self, labels, photo):
        red = photo[:, :1].mean((2, 3), keepdim=True)
        return [Verdict(red * factor, [photo]) for factor in range(1, self.verdicts + 1)]


class FixedSegmenter(nn.Module):
    """Three logits per pixel: 0, red and green."""

    def forward(self, labels, photo):
        return [Verdict(torch.stack([0 * photo[:, 0], photo[:, 0], photo[:, 1]], 1), [])]


def config_of(*discriminators: dict, **values) -> TrainConfig:
    return TrainConfig.model_validate(
        {"name": "x", "classes": (7,), "discriminators": discriminators or [{}], "perceptual_weights": "x"}
        | values
    )


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Of N,C,H,W over C."""
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


@pytest.mark.parametrize(
    ("gan", "of_real", "of_fake", "of_fooling"),
    [
        (
            "vanilla",
            -np.log(1 / (1 + np.exp(-SCORES))).mean(),
            -np.log(1 - 1 / (1 + np.exp(-SCORES))).mean(),
            -np.log(1 / (1 + np.exp(-SCORES))).mean(),
        ),
        ("lsgan", ((SCORES - 1) ** 2).mean(), (SCORES**2).mean(), ((SCORES - 1) ** 2).mean()),
        (
            "hinge",
            np.maximum(0, 1 - SCORES).mean(),
            np.maximum(0, 1 + SCORES).mean(),
            -SCORES.mean(),
        ),
    ],
)
def test_adversarial_losses_are_the_papers(gan, of_real, of_fake, of_fooling):
    scores, none = torch.from_numpy(SCORES).view(1, 1, 1, 3), torch.zeros(1, 1, 3).long()
    assert adversarial_loss(scores, real=True, gan=gan).item() == pytest.approx(of_real)
    assert adversarial_loss(scores, real=False, gan=gan).item() == pytest.approx(of_fake)
    assert fooling_loss([Verdict(scores, [])], none, DiscriminatorConfig(), gan=gan).item() == pytest.approx(
        of_fooling
    )


def test_an_undecided_vanilla_score_costs_log_2():
    assert adversarial_loss(torch.zeros(1, 1, 3, 3), real=True, gan="vanilla").item() == pytest.approx(
        math.log(2)
    )


def test_classification_loss_weighs_every_class_present_the_same_and_void_nothing():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 5, 3, 4))  # void, three classes, fake
    channel = rng.integers(0, 3, (2, 3, 4))  # the third class is absent
    log_p = log_softmax(logits)
    per_class = []
    for wanted in (1, 2):
        losses = [-log_p[n, wanted, y, x] for n, y, x in np.ndindex(2, 3, 4) if channel[n, y, x] == wanted]
        per_class.append(sum(losses) / len(losses))
    loss = classification_loss(torch.from_numpy(logits), torch.from_numpy(channel))
    assert loss.item() == pytest.approx(sum(per_class) / 2, rel=1e-5)


def test_the_weight_of_a_class_of_few_pixels_has_a_bound():
    channel = torch.ones(1, 50, 50).long()
    channel[0, 0, :2] = torch.tensor([2, 0])  # 2498 of class 1, 1 of class 2, 1 void
    assert class_weights(channel, 4).tolist() == pytest.approx([0, 2499 / 2 / 2498, 50, 0])


def test_fake_loss_is_the_mean_surprise_at_fake_outside_void():
    rng = np.random.default_rng(1)
    logits, channel = rng.normal(size=(2, 4, 3, 3)), rng.integers(0, 3, (2, 3, 3))
    expected = -log_softmax(logits)[:, 3][channel > 0].mean()
    loss = fake_loss(torch.from_numpy(logits), torch.from_numpy(channel))
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_a_batch_of_nothing_but_void_costs_nothing():
    logits = torch.randn(1, 4, 2, 2, requires_grad=True)
    void = torch.zeros(1, 2, 2, dtype=torch.long)
    loss = classification_loss(logits, void) + fake_loss(logits, void)
    loss.backward()
    assert loss.item() == 0
    assert not logits.grad.any()


def test_feature_loss_is_the_mean_over_layers_of_all_verdicts():
    rng = np.random.default_rng(2)
    fake, real = ([rng.normal(size=shape) for shape in ((2, 3), (4,), (1, 5))] for _ in range(2))
    expected = np.mean([np.abs(f - r).mean() for f, r in zip(fake, real, strict=True)])
    verdicts = [
        [
            Verdict(torch.zeros(1), [torch.from_numpy(layer) for layer in layers])
            for layers in (all_[:2], all_[2:])
        ]
        for all_ in (fake, real)
    ]
    assert feature_loss(*verdicts).item() == pytest.approx(expected, rel=1e-5)


def test_feature_matching_teaches_the_fake_and_not_the_real():
    fake, real = torch.zeros(3, requires_grad=True), torch.ones(3, requires_grad=True)
    feature_loss([Verdict(fake, [fake])], [Verdict(real, [real])]).backward()
    assert fake.grad is not None
    assert real.grad is None


def test_generator_loss_is_the_weighted_sum_of_its_parts():
    rng = np.random.default_rng(3)
    fake, real = rng.uniform(-1, 1, (2, 2, 3, 4, 4))
    config = config_of(
        {"weight": 2.0, "scales": 2},
        {"weight": 0.5},
        gan="lsgan",
        l1_weight=10,
        feature_weight=4,
        perceptual_weight=3,
    )
    red = fake[:, 0].mean((1, 2))
    first = (((red - 1) ** 2).mean() + ((2 * red - 1) ** 2).mean()) / 2
    second = ((red - 1) ** 2).mean()
    l1 = np.abs(fake - real).mean()
    loss = generator_loss(
        nn.ModuleList([FixedJudge(2), FixedJudge()]),
        torch.zeros(2, 1, 4, 4),
        torch.zeros(2, 4, 4, dtype=torch.long),
        torch.from_numpy(fake),
        torch.from_numpy(real),
        config=config,
        perceptual=lambda fake, real: (fake - real).square().mean(),
    )
    assert loss.adversarial.item() == pytest.approx(2 * first + 0.5 * second, rel=1e-5)
    assert loss.l1.item() == pytest.approx(l1, rel=1e-5)
    assert loss.features.item() == pytest.approx(l1, rel=1e-5)  # the photo is FixedJudge's feature
    assert loss.perceptual.item() == pytest.approx(((fake - real) ** 2).mean(), rel=1e-5)
    expected = 2 * first + 0.5 * second + 14 * l1 + 3 * ((fake - real) ** 2).mean()
    assert loss.total.item() == pytest.approx(expected, rel=1e-5)


def test_discriminator_loss_is_half_of_both_verdicts_weighted():
    rng = np.random.default_rng(4)
    fake, real = rng.uniform(-1, 1, (2, 2, 3, 4, 4))
    config = config_of({"weight": 2.0, "scales": 2})
    expected = 0
    for factor in (1, 2):
        of_real, of_fake = (factor * photo[:, 0].mean((1, 2)) for photo in (real, fake))
        expected += 0.5 * (np.maximum(0, 1 - of_real).mean() + np.maximum(0, 1 + of_fake).mean()) / 2
    loss = discriminator_loss(
        nn.ModuleList([FixedJudge(2)]),
        config.discriminators,
        torch.zeros(2, 1, 4, 4),
        torch.zeros(2, 4, 4, dtype=torch.long),
        torch.from_numpy(real),
        torch.from_numpy(fake),
        gan="hinge",
    )
    assert loss.item() == pytest.approx(2 * expected, rel=1e-5)


def test_segmentation_judge_must_name_the_real_and_call_the_fake_fake():
    rng = np.random.default_rng(5)
    fake, real = rng.uniform(-1, 1, (2, 1, 3, 4, 4))
    channel = rng.integers(0, 2, (1, 4, 4))
    logits = {
        name: log_softmax(np.stack([0 * photo[:, 0], photo[:, 0], photo[:, 1]], 1))
        for name, photo in (("fake", fake), ("real", real))
    }
    config = config_of({"kind": "segmentation"}, l1_weight=0)
    arguments = (torch.zeros(1, 1, 4, 4), torch.from_numpy(channel))
    judges = nn.ModuleList([FixedSegmenter()])
    fake_tensor, real_tensor = torch.from_numpy(fake), torch.from_numpy(real)
    loss = discriminator_loss(
        judges, config.discriminators, *arguments, real_tensor, fake_tensor, gan=config.gan
    )
    known = channel == 1
    expected = -logits["real"][:, 1][known].mean() - logits["fake"][:, 2][known].mean()
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    fooled = generator_loss(judges, *arguments, fake_tensor, real_tensor, config=config)
    assert fooled.total.item() == pytest.approx(-logits["fake"][:, 1][known].mean(), rel=1e-5)


def test_label_mix_compares_the_judgement_of_a_mix_with_the_mix_of_judgements():
    class Squaring(nn.Module):
        """Logits that aren't local, so that a mix is judged differently: each pixel's red minus the mean red."""

        def forward(self, labels, photo):
            red = photo[:, 0] - photo[:, 0].mean((1, 2), keepdim=True)
            return [Verdict(torch.stack([0 * red, red, -red], 1), [])]

    rng = np.random.default_rng(6)
    fake, real = rng.uniform(-1, 1, (2, 2, 3, 4, 4))
    channel = torch.from_numpy(rng.integers(0, 2, (2, 4, 4)))
    losses = {}
    for weight in (0.0, 7.0):
        torch.manual_seed(1)
        losses[weight] = discriminator_loss(
            nn.ModuleList([Squaring()]),
            [DiscriminatorConfig(kind="segmentation", label_mix=weight)],
            torch.zeros(2, 1, 4, 4),
            channel,
            torch.from_numpy(real),
            torch.from_numpy(fake),
            gan="vanilla",
        ).item()
    torch.manual_seed(1)
    mask = mix_mask(channel).numpy()
    assert 0 < mask.mean() < 1

    def judge(red):
        red = red - red.mean((1, 2), keepdims=True)
        return np.stack([0 * red, red, -red], 1)

    of_mix = judge(np.where(mask, real[:, 0], fake[:, 0]))
    mix_of = np.where(mask[:, None], judge(real[:, 0]), judge(fake[:, 0]))
    assert losses[7.0] - losses[0.0] == pytest.approx(7 * ((of_mix - mix_of) ** 2).mean(), rel=1e-4)


def test_label_mix_keeps_or_swaps_whole_classes_picture_by_picture():
    torch.manual_seed(0)
    channel = torch.randint(0, 5, (4, 16, 16))
    mask = mix_mask(channel)
    kept = torch.tensor([[mask[n][channel[n] == c].float().mean() for c in range(5)] for n in range(4)])
    assert set(kept.flatten().tolist()) == {0.0, 1.0}
    assert len({tuple(row) for row in kept.tolist()}) > 1


@pytest.mark.parametrize("gan", ["vanilla", "lsgan", "hinge"])
@pytest.mark.parametrize(
    "judge",
    [
        {"kind": "patch", "layers": 2, "scales": 2},
        {"kind": "extracted", "patch_px": 24},
        {"kind": "segmentation", "spectral_norm": True, "label_mix": 5},
    ],
    ids=lambda judge: judge["kind"],
)
def test_ignored_pixels_give_the_fake_no_gradient(judge, gan):
    torch.manual_seed(0)
    config = config_of(
        {"width": 4, "layers": 2} | judge, gan=gan, feature_weight=10, perceptual_weight=1, crop_px=256
    )
    judges = make_discriminators(config.discriminators, 2, 1)
    ignored = torch.rand(2, 1, 64, 64) < 0.3
    channel = (~ignored[:, 0]).long()
    labels = nn.functional.one_hot(channel, 2).permute(0, 3, 1, 2).float()
    painted = torch.rand(2, 3, 64, 64).requires_grad_()
    real = torch.rand(2, 3, 64, 64)
    fake = torch.where(ignored, real, painted)
    loss = generator_loss(
        judges, labels, channel, fake, real, config=config, perceptual=lambda a, b: (a - b).abs().mean()
    )
    discriminator = discriminator_loss(
        judges, config.discriminators, labels, channel, real, fake, gan=config.gan
    )
    (loss.total + discriminator).backward()
    everywhere = ignored.expand_as(painted)
    assert not painted.grad[everywhere].any()
    assert painted.grad[~everywhere].abs().mean() > 0


def test_parts_without_weight_are_not_computed():
    def refuse(fake, real):
        raise AssertionError("asked for nothing")

    config = config_of()
    loss = generator_loss(
        nn.ModuleList([FixedJudge()]),
        torch.zeros(1, 1, 2, 2),
        torch.zeros(1, 2, 2, dtype=torch.long),
        torch.zeros(1, 3, 2, 2),
        torch.ones(1, 3, 2, 2),
        config=config,
        perceptual=refuse,
    )
    assert (loss.features.item(), loss.perceptual.item()) == (0, 0)
    assert loss.l1.item() == 1
