"""Keep-best: every saved state is scored by a segmenter, and the best one stays beside the last."""

import json

import pytest
import torch
import yaml
from click.testing import CliRunner

from pix2pix import checkpoint
from pix2pix.cli import main
from pix2pix.datasets import open_dataset
from pix2pix.errors import Pix2PixError
from pix2pix.evaluation.segmentation import segmentation_score
from pix2pix.segmenter import Segmenter, SegmenterCard, load_segmenter, save_segmenter
from pix2pix.segmenter_training import train_segmenter
from pix2pix.trainer import train
from pix2pix.validation import MOST_PHOTOS, Best, improves, open_validation


def draw_segmenter(path, classes, seed=0):
    torch.manual_seed(seed)
    versions = {"torch": torch.__version__}
    card = SegmenterCard(
        name="drawn", classes=classes, width=4, steps=0, images=0, machine="", versions=versions
    )
    save_segmenter(path, Segmenter(classes, 4), card)
    return path


@pytest.fixture
def judge(street_data, tiny_config, tmp_path):
    """A segmenter that learnt the streets a little."""
    path = tmp_path / "judge.safetensors"
    config = tiny_config.model_copy(update={"steps": 30, "batch_size": 4})
    data = open_dataset(street_data, "train")
    train_segmenter(config, data, data, out=path, width=4)
    return path


@pytest.fixture
def short_config(tiny_config):
    return tiny_config.model_copy(update={"steps": 6, "save_every": 1, "learning_rate": 0.02, "ema": 0.5})


def scored_run(config, street_data, judge, out, **settings):
    held_out = open_dataset(street_data, "val")
    validation = open_validation(str(judge), held_out, config, "cpu")
    data = open_dataset(street_data, "train")
    train(config, dataset=data, held_out=held_out, out=out, validation=validation, **settings)
    return [json.loads(line)["val_mean_iou"] for line in (out / "stats.jsonl").read_text().splitlines()]


def test_the_best_state_is_kept_beside_the_last(street_data, short_config, judge, tmp_path):
    scores = scored_run(short_config, street_data, judge, tmp_path / "run")
    assert len(set(scores)) > 1
    best = checkpoint.load(tmp_path / "run" / "best.safetensors")[1]
    assert best.steps == scores.index(max(scores)) + 1
    assert best.metrics == {"val_mean_iou": round(max(scores), 4)}
    last = checkpoint.load(tmp_path / "run" / "generator.safetensors")[1]
    assert last.steps == 6
    assert last.metrics == {"val_mean_iou": round(scores[-1], 4)}


def test_the_score_is_the_segmenters_of_the_average_on_the_val_split(
    street_data, short_config, judge, tmp_path
):
    scores = scored_run(short_config, street_data, judge, tmp_path / "run")
    state = torch.load(tmp_path / "run" / "state.pt", weights_only=True)
    generator = checkpoint.load(tmp_path / "run" / "generator.safetensors")[0]
    average = {key[len("module.") :]: value for key, value in state["average"].items() if "module." in key}
    generator.load_state_dict(average)
    held_out = open_dataset(street_data, "val")
    samples = open_validation(str(judge), held_out, short_config, "cpu").samples
    assert [sample.label_ids.shape for sample in samples] == [(32, 43)] * 2
    pictures = []
    for sample in samples:
        with torch.no_grad():
            photo = generator(torch.from_numpy(sample.label_ids)[None])[0]
        photo_rgb = ((photo + 1) * 127.5).round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
        pictures.append((photo_rgb, sample.label_ids))
    expected = segmentation_score(load_segmenter(judge)[0], pictures, short_config.classes).mean_iou
    assert scores[-1] == pytest.approx(expected, abs=0.005)


def test_a_resumed_run_knows_the_best_of_before(street_data, short_config, judge, tmp_path):
    whole = scored_run(short_config, street_data, judge, tmp_path / "whole")
    cut = whole.index(max(whole)) + 1
    assert cut < 6, "the best of this seed must not be the last"
    half = short_config.model_copy(update={"steps": cut, "decay_from": 1.0})
    flat = short_config.model_copy(update={"decay_from": 1.0})
    scored_run(half, street_data, judge, tmp_path / "parts")
    first = (tmp_path / "parts" / "best.safetensors").read_bytes()
    scores = scored_run(flat, street_data, judge, tmp_path / "parts", resume=True)
    best = checkpoint.load(tmp_path / "parts" / "best.safetensors")[1]
    assert best.steps == scores.index(max(scores)) + 1
    assert ((tmp_path / "parts" / "best.safetensors").read_bytes() == first) == (best.steps == cut)


@pytest.mark.parametrize("with_another", [True, False])
def test_a_scored_run_is_resumed_with_its_segmenter_alone(
    street_data, short_config, judge, tmp_path, with_another
):
    scored_run(short_config, street_data, judge, tmp_path / "run")
    held_out = open_dataset(street_data, "val")
    other = draw_segmenter(tmp_path / "other.safetensors", short_config.classes, seed=1)
    validation = open_validation(str(other), held_out, short_config, "cpu") if with_another else None
    with pytest.raises(Pix2PixError, match="same --segmenter"):
        train(
            short_config, dataset=held_out, held_out=held_out, out=tmp_path / "run", resume=True,
            validation=validation,
        )  # fmt: skip


def test_only_a_higher_score_improves():
    assert improves({"val_mean_iou": 0.2}, None)
    assert improves({"val_mean_iou": 0.2}, Best(0.1, 1, ""))
    assert not improves({"val_mean_iou": 0.2}, Best(0.2, 1, ""))
    assert not improves({}, None)


def test_no_more_than_fifty_photos_are_scored(street_data, short_config, judge):
    from pix2pix.datasets.joined import Joined

    many = Joined([open_dataset(street_data, "val")] * 60)
    assert len(open_validation(str(judge), many, short_config, "cpu").samples) == MOST_PHOTOS == 50


def test_the_command_keeps_the_best_and_says_so(street_data, short_config, judge, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump(short_config.model_dump(mode="json")))
    words = ["train", "--config", config, "--data", street_data, "--out", tmp_path / "run", "--segmenter"]
    result = CliRunner().invoke(main, [str(word) for word in [*words, judge]])
    assert result.exit_code == 0, result.output
    assert "best.safetensors: val_mean_iou 0." in "".join(result.output.splitlines())


@pytest.mark.parametrize(
    ("classes", "split", "said"),
    [((7, 8), "val", "apart, the config names"), (None, "none", "no --data has a split val")],
)
def test_a_segmenter_that_can_not_judge_is_refused(
    street_data, short_config, judge, tmp_path, classes, split, said
):
    path = draw_segmenter(tmp_path / "s.safetensors", classes) if classes else judge
    held_out = open_dataset(street_data, "val") if split == "val" else None
    with pytest.raises(Pix2PixError, match=said):
        open_validation(str(path), held_out, short_config, "cpu")
