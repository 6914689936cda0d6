"""`pix2pix evaluate` from end to end: every checkpoint stands in the page, and the numbers in the JSON."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pix2pix import checkpoint
from pix2pix.cli import main
from pix2pix.config import GeneratorConfig
from pix2pix.datasets import open_dataset
from pix2pix.evaluation.segmentation import segmentation_score
from pix2pix.generators import Generator
from pix2pix.segmenter import Segmenter, SegmenterCard, load_segmenter, save_segmenter
from pix2pix.segmenter_training import real_photos

from .conftest import CLASSES


def write_generator(path: Path, name: str, seed: int) -> None:
    torch.manual_seed(seed)
    config = GeneratorConfig(width=4, levels=4)
    card = checkpoint.Card(
        name=name,
        generator=config,
        classes=CLASSES,
        crop_px=32,
        data="<b>streets</b>",
        data_licence="",
        licence="",
        steps=1,
        images=1,
        hours=0,
        machine="here",
        versions={},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.save(path, Generator(config, CLASSES), card)


@pytest.fixture
def words(tmp_path, street_data) -> list[str]:
    write_generator(tmp_path / "one" / "generator.safetensors", "first", 0)
    write_generator(tmp_path / "two" / "generator.safetensors", "<i>second</i>", 1)
    (tmp_path / "one" / "stats.jsonl").write_text('{"step": 0, "l1": 2.0}\n{"step": 1, "l1": 1.0}\n')
    torch.manual_seed(2)
    card = SegmenterCard(
        name="judge", classes=CLASSES, width=8, steps=1, images=1, machine="here", versions={}
    )
    save_segmenter(tmp_path / "judge.safetensors", Segmenter(CLASSES, 8), card)
    given = ["evaluate", "--data", street_data, "--out", tmp_path / "report", "--device", "cpu"]
    given += ["--segmenter", tmp_path / "judge.safetensors"]
    given += ["--checkpoint", tmp_path / "one" / "generator.safetensors"]
    return [str(word) for word in given]


def test_the_command_writes_a_page_and_numbers(words, tmp_path, street_data):
    frames = tmp_path / "frames"
    frames.mkdir()
    for name in "ab":
        cv2.imwrite(str(frames / f"{name}.png"), np.full((48, 64), 7, np.uint8))
    words += ["--checkpoint", str(tmp_path / "two" / "generator.safetensors"), "--video", str(frames)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "| first |" in done.output
    page = (tmp_path / "report" / "report.html").read_text()
    assert "first" in page
    assert "&lt;i&gt;second&lt;/i&gt;" in page
    assert "<i>second" not in page  # a card's text is text, never HTML
    assert "<b>streets" not in page
    assert 'src="http' not in page
    assert page.count("data:image/jpeg;base64,") == 2 * 4  # two photos: label map, two painters, real
    assert "<polyline" in page

    numbers = json.loads((tmp_path / "report" / "report.json").read_text())
    assert [one["name"] for one in numbers["checkpoints"]] == ["first", "<i>second</i>"]
    segmenter = load_segmenter(tmp_path / "judge.safetensors")[0]
    expected = segmentation_score(segmenter, real_photos(open_dataset(street_data, "val")), CLASSES)
    assert numbers["real"]["confusion"] == expected.confusion.tolist()
    first = numbers["checkpoints"][0]
    assert first["flicker"] == {"error": 0, "judged": 1, "pairs": 1}
    assert first["scores"]["frechet_distance"] > 0
    assert 0 < first["scores"]["pixel_accuracy"] < 1
    assert not list(tmp_path.glob("*.partial"))


def test_two_checkpoints_of_one_name_are_told_apart(words, tmp_path):
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    copy = tmp_path / "copy" / "generator.safetensors"
    done = CliRunner().invoke(main, [*words, "--checkpoint", str(copy)])
    assert done.exit_code == 0, done.output
    assert f"| first ({copy}) |" in done.output


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (["--checkpoint", "nowhere"], "no checkpoint nowhere"),
        (["--segmenter", "nowhere"], "no segmenter nowhere"),
        (["--split", "test"], "no photos found for test"),
        (["--out", "{tmp}"], "is already there"),
        (["--inception", "{tmp}/none"], "no file"),
        (["--checkpoint", "{tmp}/one/generator.safetensors"], "named twice"),
        (["--video", "{tmp}/none"], "holds no video"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_before_any_work(words, tmp_path, change, sentence):
    done = CliRunner().invoke(main, [*words, *(word.format(tmp=tmp_path) for word in change)])
    assert done.exit_code == 1
    assert sentence in done.output
    assert len(done.output.strip().splitlines()) == 1
    assert not (tmp_path / "report").exists()
