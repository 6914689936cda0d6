"""Every loss against a value worked out by hand."""

import math

import pytest
import torch

from pix2pix.config import DiscriminatorConfig, TrainConfig
from pix2pix.discriminators import Verdict
from pix2pix.losses import (
    adversarial_loss,
    class_weights,
    classification_loss,
    discriminator_loss,
    feature_loss,
    generator_loss,
    mix_mask,
)

PHOTO = (1, 3, 2, 2)


def config(**values) -> TrainConfig:
    return TrainConfig.model_validate({"name": "test", "classes": (7, 8)} | values)


class Judge(torch.nn.Module):
    """Scores a photo by its mean, with the photo itself as its features."""

    def forward(self, labels, photo):
        return [Verdict(scores=photo.mean((1, 2, 3), keepdim=True), features=[photo])]


@pytest.mark.parametrize("real", [True, False])
def test_an_undecided_vanilla_score_costs_log_2(real):
    loss = adversarial_loss(torch.zeros(1, 1, 3, 3), real=real, gan="vanilla")
    assert loss.item() == pytest.approx(math.log(2))


def test_lsgan_is_the_squared_distance_from_the_verdict():
    assert adversarial_loss(torch.full((4,), 3.0), real=True, gan="lsgan").item() == pytest.approx(4.0)
    assert adversarial_loss(torch.full((4,), 3.0), real=False, gan="lsgan").item() == pytest.approx(9.0)


def test_hinge_asks_for_a_margin_of_one_and_no_more():
    scores = torch.tensor([-3.0, 0.0, 0.5, 3.0])
    assert adversarial_loss(scores, real=True, gan="hinge").item() == pytest.approx((4 + 1 + 0.5 + 0) / 4)
    assert adversarial_loss(scores, real=False, gan="hinge").item() == pytest.approx((0 + 1 + 1.5 + 4) / 4)


def test_the_generator_pays_for_its_score_for_leaving_the_photo_and_for_its_features():
    fake, real = torch.full(PHOTO, -0.25), torch.full(PHOTO, 0.5)
    settings = config(gan="lsgan", l1_weight=10, feature_weight=4)
    loss = generator_loss([Judge()], fake, torch.ones(1, 2, 2).long(), fake, real, config=settings)
    assert loss.adversarial.item() == pytest.approx(1.25**2)
    assert loss.l1.item() == pytest.approx(0.75)
    assert loss.features.item() == pytest.approx(0.75)
    assert loss.total.item() == pytest.approx(1.25**2 + 7.5 + 3.0)


def test_the_generator_under_hinge_wants_high_scores_without_end():
    fake = torch.full(PHOTO, 5.0)
    loss = generator_loss(
        [Judge()], fake, torch.ones(1, 2, 2).long(), fake, fake, config=config(gan="hinge", l1_weight=0)
    )
    assert loss.total.item() == pytest.approx(-5.0)


def test_the_judge_pays_half_the_sum_of_both_verdicts():
    real, fake = torch.full(PHOTO, 0.5), torch.full(PHOTO, -1.0)
    loss = discriminator_loss(
        [Judge()], [DiscriminatorConfig()], real, torch.ones(1, 2, 2).long(), real, fake, gan="lsgan"
    )
    assert loss.item() == pytest.approx(0.5 * (0.25 + 1.0))


def test_judges_count_by_their_weight():
    real, fake = torch.full(PHOTO, 0.5), torch.full(PHOTO, -1.0)
    settings = [DiscriminatorConfig(weight=1), DiscriminatorConfig(weight=3)]
    loss = discriminator_loss(
        [Judge(), Judge()], settings, real, torch.ones(1, 2, 2).long(), real, fake, gan="lsgan"
    )
    assert loss.item() == pytest.approx(4 * 0.5 * 1.25)


def test_feature_matching_teaches_the_fake_and_not_the_real():
    fake, real = torch.zeros(3, requires_grad=True), torch.ones(3, requires_grad=True)
    feature_loss([Verdict(fake, [fake])], [Verdict(real, [real])]).backward()
    assert fake.grad is not None
    assert real.grad is None


def test_every_class_in_the_batch_counts_the_same_and_void_counts_nothing():
    channel = torch.tensor([[[0, 0, 1, 1], [1, 1, 1, 2]]])  # 2 void, 5 of class 1, 1 of class 2; no class 3
    weights = class_weights(channel, 5)
    assert weights.tolist() == pytest.approx([0, 6 / (2 * 5), 6 / (2 * 1), 0, 0])


def test_classification_is_the_weighted_cross_entropy_over_all_pixels():
    channel = torch.tensor([[[0, 1, 2]]])
    logits = torch.zeros(1, 4, 1, 3)
    logits[0, 1, 0, 1] = math.log(3)  # class 1 with probability 3/6
    loss = classification_loss(logits, channel, torch.tensor([0.0, 1.0, 2.0, 1.0]))
    assert loss.item() == pytest.approx((0 + math.log(2) + 2 * math.log(4)) / 3)


def test_a_segmenting_judge_sees_classes_in_the_real_and_fake_in_the_fake():
    class Segments(torch.nn.Module):
        def forward(self, labels, photo):
            scores = torch.zeros(1, 4, 2, 2)
            scores[:, 1 if photo.mean() > 0 else 3] = 100.0  # class 1, or "fake"
            return [Verdict(scores=scores, features=[])]

    settings = [DiscriminatorConfig(kind="segmentation", label_mix=0)]
    channel = torch.ones(1, 2, 2).long()
    real, fake = torch.ones(PHOTO), -torch.ones(PHOTO)
    right = discriminator_loss([Segments()], settings, real, channel, real, fake, gan="vanilla")
    wrong = discriminator_loss([Segments()], settings, real, channel, fake, real, gan="vanilla")
    assert right.item() == pytest.approx(0, abs=1e-6)
    assert wrong.item() == pytest.approx(200, rel=1e-3)


def test_label_mix_takes_each_class_whole_from_one_side():
    torch.manual_seed(0)
    channel = torch.randint(0, 4, (8, 16, 16))
    mask = mix_mask(channel, 4)
    for picture in range(8):
        for label in range(4):
            assert len(mask[picture][channel[picture] == label].unique()) == 1
    assert 0.2 < mask.float().mean() < 0.8
