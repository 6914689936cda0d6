"""Manipulated scenes on the command line: videos of them, before beside after, and drives that show them."""

import json
import subprocess
import sys

import av
import numpy as np
import pytest
import yaml


def bridge(*words):
    command = [sys.executable, "-m", "carla_bridge.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


def pictures(path):
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """Return six label maps, Cityscapes ids, as somebody else would keep them: sky above a road with a car."""
    label_ids = np.full((6, 64, 128), 23, np.uint8)
    label_ids[:, 32:] = 7
    label_ids[:, 30:44, 50:80] = 26
    path = tmp_path_factory.mktemp("stack") / "drive.npy"
    np.save(path, label_ids)
    return path


@pytest.fixture(scope="module")
def compared(stack, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    words = "--tag-table", "cityscapes", "--edit", "configs/edits/empty-street.yaml", "--compare", "--crf", 0
    done = bridge("convert", stack, *words, "--out", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_before_is_beside_after_and_only_the_car_makes_the_difference(stack, compared, tmp_path):
    bridge("convert", stack, "--tag-table", "cityscapes", "--crf", 0, "--out", tmp_path)
    plain, both = pictures(tmp_path / "drive.mp4"), pictures(compared / "drive.mp4")
    assert len(plain) == len(both) == 6
    assert both[3].shape == (64, 256, 3)
    assert np.abs(both[3][:, :128].astype(int) - plain[3]).mean() < 3
    assert np.abs(both[3][:, 128:].astype(int) - plain[3]).mean() > 4


def test_another_recipe_makes_another_video_and_the_same_is_done_already(stack, compared):
    words = "convert", stack, "--tag-table", "cityscapes", "--compare", "--crf", 0, "--out", compared
    again = bridge(*words, "--edit", "configs/edits/empty-street.yaml")
    assert "is done already" in again.stdout
    other = bridge(*words, "--edit", "configs/edits/tall-city.yaml")
    assert (other.returncode, "exists already" in other.stderr) == (1, True)
    assert json.loads((compared / "drive.json").read_text())["identity"]["settings"]["compare"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--edit", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["--compare"], "--compare shows a scene before and after --edit"),
        (
            ["--edit", "configs/edits/no-trees.yaml", "--compare", "--side-by-side"],
            "ask for different pictures",
        ),
        (["--edit", "configs/edits/no-trees.yaml", "--into-recording"], "leave out --edit"),
        (
            ["--edit", "configs/edits/people-ahead.yaml"],
            "needs the layer 'depth', which this drive doesn't have",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(stack, tmp_path, words, sentence):
    done = bridge("convert", stack, "--tag-table", "cityscapes", *words, "--out", tmp_path)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_demo_drives_through_the_manipulated_scene(tmp_path):
    words = "--headless", "--frames", 4, "--width", 128, "--height", 64, "--out", tmp_path / "drive.mp4"
    done = bridge(
        "demo", *words, "--edit", "configs/edits/people-ahead.yaml", "--record", tmp_path / "drive.mcap"
    )
    assert done.returncode == 0, done.stderr
    assert "manipulated by people-ahead" in done.stdout
    assert len(pictures(tmp_path / "drive.mp4")) == 4


def test_a_dataset_of_manipulated_scenes_labels_what_it_shows(tmp_path):
    config = {
        "samples": 2,
        "towns": [0],
        "vehicles": 0,
        "walkers": 0,
        "cameras": {"front": {"width": 256, "height": 128}},
        "formats": ["coco"],
        "keyframes": {"min_distance_m": 0},
    }
    (tmp_path / "set.yaml").write_text(yaml.safe_dump(config))
    recipe = "configs/edits/people-ahead.yaml"
    done = bridge(
        "synthesize", "--config", tmp_path / "set.yaml", "--edit", recipe, "--out", tmp_path / "set"
    )
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "set/records/d0000.jsonl").read_text().splitlines()[0])
    inserted = [thing for thing in record["objects"] if thing["instance_id"] >= 65000]
    assert {thing["class"] for thing in inserted} >= {"person"}
    assert [each["what"] for each in record["edits"]][:2] == ["cyclist-rear", "pedestrian-side"]
    assert json.loads((tmp_path / "set/manifest.json").read_text())["edits"][0]["name"] == "people-ahead"
