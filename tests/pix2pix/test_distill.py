"""Distillation: the teacher paints, the student learns from it, and nothing happens to the teacher."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from click.testing import CliRunner

from pix2pix import checkpoint
from pix2pix.cli import main
from pix2pix.datasets import Sample, open_dataset, open_joined
from pix2pix.datasets.pack_writer import PackWriter
from pix2pix.distill import lesson, open_maps, styles_of
from pix2pix.generators import Generator, initialize
from pix2pix.inference import load
from pix2pix.run_directory import Progressed, make_card
from pix2pix.tensors import to_photo


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


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("--teacher", "another --teacher;"),
        ("--data", "another --data;"),
        ("--maps", "another --maps;"),
        ("--real-share", "another --real-share;"),
    ],
)
def test_a_distillation_is_resumed_from_what_it_began_with(
    teacher, maps, street_data, tiny_config, tmp_path, changed, said
):
    config = student_config(tiny_config, tmp_path)
    words = {"--teacher": teacher, "--config": config, "--data": street_data, "--maps": maps}
    words |= {"--real-share": 0.3, "--out": tmp_path / "run"}
    begun = distill(*(word for pair in words.items() for word in pair), "--max-minutes", 0)
    assert begun.exit_code == 0, begun.output
    others = {"--real-share": 0.4, "--maps": another_pack(tmp_path), "--data": one_photo_less(street_data)}
    others["--teacher"] = copy_with_another_card(teacher, tmp_path)
    words[changed] = others[changed]
    result = distill(*(word for pair in words.items() for word in pair), "--resume")
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())
    assert "paints" not in result.output


def another_pack(tmp_path):
    with PackWriter(tmp_path / "other.pack") as pack:
        pack.add("train", [("0", Sample(None, np.full((48, 64), 7, np.uint8), None, 0))])
    return tmp_path / "other.pack"


def one_photo_less(data):
    copy = data.with_name("less")
    shutil.copytree(data, copy)
    for kind in ("leftImg8bit", "gtFine"):
        sorted((copy / kind / "train" / "seq").iterdir())[0].unlink()
    return copy


def copy_with_another_card(teacher, tmp_path):
    generator, card = checkpoint.load(teacher)
    checkpoint.save(tmp_path / "other.safetensors", generator, card.model_copy(update={"notes": "other"}))
    return tmp_path / "other.safetensors"


def test_several_data_sets_are_learnt_from_together(teacher, street_data, tiny_config, tmp_path):
    config = student_config(tiny_config, tmp_path, steps=2)
    data = ["--data", street_data, "--data", one_photo_less(street_data)]
    result = distill("--teacher", teacher, "--config", config, *data, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "paints 11 label maps" in result.output


@pytest.fixture
def two_styles(tiny_config, tmp_path) -> Path:
    """A teacher of days and nights."""
    torch.manual_seed(0)
    shape = tiny_config.generator.model_copy(update={"domains": ("day", "night"), "dropout": 0.0})
    generator = Generator(shape, tiny_config.classes)
    initialize(generator)
    path = tmp_path / "styles.safetensors"
    config = tiny_config.model_copy(update={"generator": shape})
    checkpoint.save(path, generator, make_card(config, Progressed(step=1), images=6, device="cpu"))
    return path


def test_each_sample_is_painted_in_its_own_domain(two_styles, maps, street_data, tmp_path):
    for name in ("night", "day"):
        words = [
            "pack",
            "--data",
            street_data,
            "--out",
            tmp_path / name,
            "--domain",
            name,
            "--splits",
            "train",
        ]
        assert CliRunner().invoke(main, [str(word) for word in words]).exit_code == 0
    generator, card = checkpoint.load(two_styles)
    known = ["night", "day"]  # the student's order is not the teacher's
    photos = open_joined([tmp_path / "day", tmp_path / "night"], "train", domains=known)
    drives = open_maps(maps, known)
    assert [drives[n].domain for n in range(4)] == [0, 1, 0, 1]
    styles = styles_of(known, card)
    learnt = lesson(generator, photos, [drives], device="cpu", real_share=0, styles=styles)
    pictures = set()
    for index, day in ((0, True), (6, False), (12, False), (13, True)):
        sample = learnt[index]
        assert known[sample.domain] == ("day" if day else "night")
        label_ids = torch.from_numpy(np.array(sample.label_ids))[None]
        with torch.no_grad():
            photo = to_photo(generator(label_ids, domain=torch.tensor([0 if day else 1])))
        assert np.array_equal(sample.photo_rgb, photo[0].numpy())
        pictures.add(sample.photo_rgb.tobytes())
    assert len(pictures) == 4


def test_a_student_learns_the_domains_that_its_teacher_knows(
    two_styles, maps, street_data, tiny_config, tmp_path
):
    for name in ("night", "day"):
        words = ["pack", "--data", street_data, "--out", tmp_path / name, "--domain", name]
        assert CliRunner().invoke(main, [str(word) for word in words]).exit_code == 0
    config = student_config(tiny_config, tmp_path, steps=2)
    words = [
        "--teacher",
        two_styles,
        "--config",
        config,
        "--data",
        tmp_path / "night",
        "--data",
        tmp_path / "day",
    ]
    words += ["--maps", maps, "--out", tmp_path / "run"]
    result = distill(*words, "--set", "generator.domains=[night, day]")
    assert result.exit_code == 0, result.output
    assert checkpoint.load(tmp_path / "run" / "generator.safetensors")[1].generator.domains == (
        "night",
        "day",
    )
    plain = distill(*words[:4], "--data", street_data, "--out", tmp_path / "other")
    assert plain.exit_code == 1
    assert "paints the domains day, night, the student's config names no domains" in plain.output
    dusk = distill(*words[:-1], tmp_path / "other", "--set", "generator.domains=[night, day, dusk]")
    assert dusk.exit_code == 1
    assert "names the domains night, day, dusk; set generator.domains" in dusk.output
