"""The network that judges: any size, its file, and that it learns."""

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pix2pix import checkpoint
from pix2pix.cli import main
from pix2pix.config import TrainConfig
from pix2pix.datasets import open_dataset
from pix2pix.errors import Pix2PixError
from pix2pix.segmenter import Segmenter, SegmenterCard, load_segmenter, save_segmenter, shipped_segmenters
from pix2pix.segmenter_training import class_balance, rate_at, roughened, targets, train_segmenter

from .conftest import CLASSES


@pytest.fixture
def card() -> SegmenterCard:
    return SegmenterCard(
        name="tiny", classes=CLASSES, width=8, steps=1, images=1, machine="here", versions={}
    )


@pytest.mark.parametrize("size", [(72, 96), (37, 51), (16, 16)])
def test_logits_have_the_size_of_the_photo(size):
    segmenter = Segmenter(CLASSES, 8).eval()
    photo = torch.zeros(2, 3, *size)
    assert segmenter(photo).shape == (2, len(CLASSES), *size)
    assert len(segmenter.features(photo)) == 5


def test_the_embedding_has_at_least_128_dimensions_at_the_usual_width():
    assert Segmenter(CLASSES, 32).eval().embedding(torch.zeros(2, 3, 64, 64)).shape[1] >= 128


def test_every_parameter_gets_a_gradient():
    segmenter = Segmenter(CLASSES, 8)
    segmenter(torch.randn(2, 3, 96, 96)).square().mean().backward()
    assert all(weights.grad is not None and weights.grad.any() for weights in segmenter.parameters())


def test_it_comes_back_from_its_file_and_is_no_generator(tmp_path, card):
    segmenter = Segmenter(CLASSES, 8).half().float().eval()  # as the file holds them
    save_segmenter(tmp_path / "judge.safetensors", segmenter, card)
    loaded, found = load_segmenter(tmp_path / "judge.safetensors")
    assert found == card
    photo = torch.randn(1, 3, 40, 56)
    assert torch.equal(loaded(photo), segmenter(photo))
    with pytest.raises(Pix2PixError, match=r"judge\.safetensors has a card"):
        checkpoint.load(tmp_path / "judge.safetensors")
    assert not set(shipped_segmenters()) & set(checkpoint.shipped_names())


def test_an_unknown_segmenter_is_one_sentence():
    with pytest.raises(Pix2PixError, match="no segmenter nowhere"):
        load_segmenter("nowhere")


def test_pixels_without_a_class_are_not_learnt_from():
    label_ids = torch.tensor([[[0, 1, 3, 4, 7, 26, 27]]], dtype=torch.uint8)  # a truck becomes a car
    assert targets(label_ids, CLASSES).tolist() == [[[255, 255, 255, 255, 0, 5, 5]]]


def test_the_rate_rises_and_then_falls_to_nothing():
    rates = [rate_at(step, 1000) for step in range(1000)]
    assert rates[0] < rates[10] < max(rates)
    assert rates[-1] < 1e-3 * max(rates)


def test_rare_classes_count_more_and_absent_ones_not_at_all(street_data):
    weights = class_balance(open_dataset(street_data, "train"), CLASSES)
    by_class = dict(zip(CLASSES, weights.tolist(), strict=True))
    assert by_class[26] > by_class[7] > 0
    assert by_class[8] == 0


def test_roughening_leaves_some_photos_as_they_are_and_none_far_from_it():
    torch.manual_seed(0)
    photo = torch.rand(64, 3, 17, 18) * 2 - 1
    rough = roughened(photo)
    same = [torch.equal(a, b) for a, b in zip(rough, photo, strict=True)]
    assert 0 < sum(same) < len(same)
    assert (rough - photo).mean().abs() < 0.01


def train_tiny(street_data: Path, out: Path, tiny_config: TrainConfig, steps: int):
    config = tiny_config.model_copy(update={"steps": steps, "batch_size": 4, "crop_px": 64, "void_boxes": 0})
    losses = []
    score = train_segmenter(
        config,
        open_dataset(street_data, "train"),
        open_dataset(street_data, "val"),
        out=out,
        width=8,
        progress=lambda step, values: losses.append(values["cross_entropy"]),
    )
    return score, losses


def test_it_learns_streets_whose_colours_name_their_classes(street_data, tmp_path, tiny_config):
    score, losses = train_tiny(street_data, tmp_path / "judge.safetensors", tiny_config, 60)
    assert losses[-1] < 0.6 * losses[0]
    _, card = load_segmenter(tmp_path / "judge.safetensors")
    assert card.metrics == score.summary()


def test_the_same_seed_gives_the_same_bytes(street_data, tmp_path, tiny_config):
    for name in ("a", "b"):
        train_tiny(street_data, tmp_path / f"{name}.safetensors", tiny_config, 3)
    first, second = (load_segmenter(tmp_path / f"{name}.safetensors")[0].state_dict() for name in "ab")
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_the_command_trains_and_says_the_score(street_data, tmp_path):
    config = tmp_path / "tiny.yaml"
    config.write_text("name: tiny\nclasses: [7, 8, 11, 21, 23, 26]\ncrop_px: 64\nbatch_size: 2\nsteps: 2\n")
    out = tmp_path / "judge.safetensors"
    words = ["--config", config, "--data", street_data, "--out", out, "--width", 8, "--device", "cpu"]
    done = CliRunner().invoke(main, ["train-segmenter", *map(str, words)])
    assert done.exit_code == 0, done.output
    assert "mean_iou" in done.output
    assert np.isfinite(list(load_segmenter(out)[1].metrics.values())).all()
