import math

import pytest
import torch

from pix2pix.losses import adversarial_loss, discriminator_loss, feature_loss, generator_loss


def test_an_undecided_vanilla_score_costs_log_2():
    assert adversarial_loss(torch.zeros(1, 1, 3, 3), real=True, gan="vanilla").item() == pytest.approx(
        math.log(2)
    )


def test_lsgan_is_the_squared_distance_from_the_verdict():
    assert adversarial_loss(torch.full((4,), 3.0), real=True, gan="lsgan").item() == pytest.approx(4.0)
    assert adversarial_loss(torch.full((4,), 3.0), real=False, gan="lsgan").item() == pytest.approx(9.0)


def test_generator_pays_for_being_caught_and_for_leaving_the_photo():
    fake, real = torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.5)
    seen = [torch.zeros(2)]
    weights = {"gan": "vanilla", "l1_weight": 10, "feature_weight": 4}
    caught = generator_loss([*seen, torch.full((1,), -5.0)], [*seen, torch.zeros(1)], fake, real, **weights)
    trusted = generator_loss(
        [torch.ones(2), torch.full((1,), 5.0)], [*seen, torch.zeros(1)], fake, real, **weights
    )
    assert caught.adversarial > trusted.adversarial
    assert caught.l1.item() == pytest.approx(0.5)
    assert (caught.features.item(), trusted.features.item()) == (0.0, 1.0)
    assert trusted.total.item() == pytest.approx(trusted.adversarial.item() + 5.0 + 4.0)


def test_feature_matching_teaches_the_fake_and_not_the_real():
    fake, real = torch.zeros(3, requires_grad=True), torch.ones(3, requires_grad=True)
    feature_loss([fake], [real]).backward()
    assert fake.grad is not None
    assert real.grad is None


def test_discriminator_is_content_when_real_scores_high_and_fake_low():
    high, low = torch.full((2,), 5.0), torch.full((2,), -5.0)
    assert discriminator_loss(high, low, gan="vanilla") < 0.01
    assert discriminator_loss(low, high, gan="vanilla") > 4
