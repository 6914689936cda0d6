"""Distillation: the teacher paints, the student learns from it, and nothing happens to the teacher."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from click.testing import CliRunner

from pix2pix import checkpoint
from pix2pix.cli import main
from pix2pix.datasets import Sample, open_dataset
from pix2pix.datasets.pack_writer import PackWriter
from pix2pix.distill import lesson
from pix2pix.generators import Generator, initialize
from pix2pix.inference import load
from pix2pix.run_directory import Progressed, make_card


@pytest.fixture
def teacher(tiny_config, tmp_path) -> Path:
    torch.manual_seed(0)
    generator = Generator(tiny_config.generator, tiny_config.classes)
    initialize(generator)
    path = tmp_path / "teacher.safetensors"
    card = make_card(tiny_config, Progressed(step=1), images=6, device="cpu")
    checkpoint.save(path, generator, card)
    return path


@pytest.fixture
def maps(tmp_path) -> Path:
    rng = np.random.default_rng(0)
    drawn = [
        (str(n), Sample(None, rng.choice([7, 11, 23], (48, 64)).astype(np.uint8), None, 0)) for n in range(4)
    ]
    with PackWriter(tmp_path / "maps.pack") as pack:
        pack.add("train", drawn)
    return tmp_path / "maps.pack"


def student_config(tiny_config, tmp_path, **changes) -> Path:
    values = tiny_config.model_dump(mode="json") | {"name": "student"} | changes
    values["generator"] = {"architecture": "fast", "width": 4, "levels": 3}
    path = tmp_path / "student.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def distill(*words):
    return CliRunner().invoke(main, ["distill", *map(str, words)])


def test_the_command_leaves_a_student_whose_card_names_its_teacher(
    teacher, maps, street_data, tiny_config, tmp_path
):
    before = teacher.read_bytes()
    config = student_config(tiny_config, tmp_path)
    out = tmp_path / "run"
    result = distill(
        "--teacher",
        teacher,
        "--config",
        config,
        "--data",
        street_data,
        "--maps",
        maps,
        "--out",
        out,
        "--real-share",
        0.5,
    )
    assert result.exit_code == 0, result.output
    generator, card = checkpoint.load(out / "generator.safetensors")
    assert generator(torch.zeros(1, 20, 30, dtype=torch.uint8)).shape == (1, 3, 20, 30)
    assert hashlib.sha256(before).hexdigest() in card.notes
    assert card.images == 6 + 6 + 4  # real photos, shown 10 times; their paintings; the painted maps
    assert teacher.read_bytes() == before


def test_paintings_are_what_the_teachers_engine_paints(teacher, maps, street_data):
    generator = checkpoint.load(teacher)[0]
    photos, drives = open_dataset(street_data, "train"), open_dataset(maps, "train")
    learnt = lesson(generator, photos, [drives], device="cpu", real_share=0)
    engine = load(teacher, device="cpu", backend="eager")
    assert len(learnt) == 10
    for index in range(10):
        sample = learnt[index]
        source = photos[index] if index < 6 else drives[index - 6]
        assert np.array_equal(sample.label_ids, source.label_ids)
        assert np.array_equal(sample.photo_rgb, engine(sample.label_ids[None])[0])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6])
@pytest.mark.parametrize("with_maps", [True, False])
def test_real_photos_have_the_share_that_was_asked_for(teacher, maps, street_data, share, with_maps):
    photos = open_dataset(street_data, "train")
    drives = [open_dataset(maps, "train")] if with_maps else []
    learnt = lesson(checkpoint.load(teacher)[0], photos, drives, device="cpu", real_share=share)
    real = [name for name in learnt.names if not name.startswith("painted/")]
    assert len(real) / len(learnt) == pytest.approx(share, abs=0.5 / len(learnt) + 0.01)
    shown = [real.count(name) for name in photos.names]
    assert max(shown) - min(shown) <= 1


def test_only_the_student_gets_gradients_and_it_comes_nearer(teacher, street_data, tiny_config, tmp_path):
    config = student_config(
        tiny_config, tmp_path, steps=80, save_every=80, sample_every=80, learning_rate=0.003, batch_size=4
    )
    result = distill(
        "--teacher",
        teacher,
        "--config",
        config,
        "--data",
        street_data,
        "--real-share",
        0,
        "--out",
        tmp_path / "r",
    )
    assert result.exit_code == 0, result.output
    lines = [yaml.safe_load(line) for line in (tmp_path / "r" / "stats.jsonl").read_text().splitlines()]
    l1 = [line["l1"] for line in lines]
    assert np.mean(l1[-10:]) < 0.7 * np.mean(l1[:5])


def test_a_resumed_distillation_goes_on_to_the_last_bit(teacher, maps, street_data, tiny_config, tmp_path):
    config = student_config(tiny_config, tmp_path)
    words = ["--teacher", teacher, "--config", config, "--data", street_data, "--maps", maps]
    assert distill(*words, "--out", tmp_path / "whole").exit_code == 0
    assert distill(*words, "--out", tmp_path / "parts", "--max-minutes", 0).exit_code == 0
    assert checkpoint.load(tmp_path / "parts" / "generator.safetensors")[1].steps == 1
    assert distill(*words, "--out", tmp_path / "parts", "--resume").exit_code == 0
    whole, parts = (
        checkpoint.load(tmp_path / run / "generator.safetensors")[0].state_dict()
        for run in ("whole", "parts")
    )
    assert all(torch.equal(whole[key], parts[key]) for key in whole)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"classes": [7, 8]}, "was taught the classes"),
        ({"perceptual_weight": 1.0, "perceptual_weights": "nowhere"}, "no segmenter nowhere"),
    ],
)
def test_what_can_not_work_is_said_before_anything_is_painted(
    teacher, street_data, tiny_config, tmp_path, changes, said
):
    config = student_config(tiny_config, tmp_path, **changes)
    result = distill("--teacher", teacher, "--config", config, "--data", street_data, "--out", tmp_path / "r")
    assert result.exit_code == 1
    assert said in result.output
    assert "paints" not in result.output
    assert not (tmp_path / "r").exists()


def test_a_folder_in_use_is_refused_before_anything_is_painted(teacher, street_data, tiny_config, tmp_path):
    result = distill(
        "--teacher", teacher, "--config", student_config(tiny_config, tmp_path), "--data", street_data,
        "--out", street_data,
    )  # fmt: skip
    assert result.exit_code == 1
    assert "not empty" in result.output
    assert "paints" not in result.output
