"""Whole datasets from real stand-ins by the real client: repeatable, killable, refused in one sentence if senseless."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from carla_bridge.config import ServerConfig, load_config
from carla_bridge.formats.registry import FORMATS
from carla_bridge.standin.process import StandInProcess
from carla_bridge.synthesis.config import SynthesizeConfig
from carla_bridge.synthesis.dataset import hash_of
from carla_bridge.synthesis.records import read_records
from tests.carla_bridge.live_server import look_at

MARK = "CARLA_BRIDGE_TEST_FOLDER"  # in the environment of all that a test starts
SMALL = {
    "samples": 9,
    "samples_per_drive": 5,
    "split": {"train": 0.5, "val": 0.5},
    "towns": [0],
    "vehicles": [6, 8],
    "walkers": 20,
    "cameras": {"front": {"width": 160, "height": 96}},
    "keyframes": {"min_distance_m": 1.0},
    "formats": list(FORMATS),
}


def start(folder, *more, config=SMALL):
    settings = folder.with_suffix(".yaml")
    settings.write_text(yaml.safe_dump(config))
    command = [
        sys.executable,
        "-m",
        "carla_bridge.cli",
        "synthesize",
        "--config",
        str(settings),
        "--out",
        str(folder),
    ]
    return subprocess.Popen(
        [*command, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", MARK: str(folder)},
        start_new_session=True,
    )


def finish(running):
    out, err = running.communicate(timeout=200)
    return running.returncode, out, err


def sentence(err):
    """Return what was said to people; the client library and its Traffic Manager warn on stderr, too."""
    return [line for line in err.splitlines() if line.startswith("Error: ")]


def count_lines(folder):
    return sum(file.read_bytes().count(b"\n") for file in (folder / "records").glob("*.jsonl"))


def files_of(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def left_of(folder):
    """Return the processes that were started for a dataset and still run, stand-ins among them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"{MARK}={folder}\0".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" "))
    return found


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "dataset"
    code, out, err = finish(start(folder))
    assert code == 0, out + err
    assert "wrote 9 samples (5 train, 4 val)" in out
    return folder


def test_a_dataset_has_its_samples_their_records_and_a_page(dataset):
    manifest = json.loads((dataset / "manifest.json").read_text())
    records = [
        record for number in (0, 1) for record in read_records(dataset / f"records/d000{number}.jsonl")
    ]
    assert (manifest["samples"], manifest["samples_of_split"]) == (9, {"train": 5, "val": 4})
    assert (
        len(list(dataset.glob("cityscapes/leftImg8bit/*/*/*.png")))
        == len(list(dataset.glob("coco/images/*/*.jpg")))
        == 9
    )
    assert [record["stem"] for record in records[:2]] == ["d0000_000000_000000", "d0000_000000_000001"]
    assert any(record["objects"] for record in records)
    assert all(sum(record["pixels"].values()) == 160 * 96 for record in records)
    assert manifest["sha256"] == hash_of(dataset, [*FORMATS, "records"])
    for photos in ("kitti/training/image_2/0*.png", "yolo/*/images/*/*.jpg", "bdd100k/images/100k/*/*.jpg"):
        assert len(list(dataset.glob(photos))) in (9, 18)  # of two tasks
    page = (dataset / "report.html").read_text()
    assert page.count("data:image/jpeg") == 9
    assert "StandIn/Maps/StandIn-0" in page
    assert not re.search(r"(src|href)=.http", page)  # it needs no other place


def test_frames_of_a_drive_differ_by_the_distance_asked_for(dataset):
    lines = (dataset / "records/d0000.jsonl").read_text().splitlines()
    places = [json.loads(line)["ego"][:2] for line in lines]
    gone = [((x - u) ** 2 + (y - v) ** 2) ** 0.5 for (x, y), (u, v) in pairwise(places)]
    assert min(gone) >= 1.0


def test_killed_twice_and_run_again_it_is_the_same_to_the_byte(dataset, tmp_path):
    folder = tmp_path / "dataset"
    for samples in (2, 6):
        running = start(folder)
        deadline_s = time.monotonic() + 100
        while count_lines(folder) < samples and running.poll() is None and time.monotonic() < deadline_s:
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        assert not (folder / "manifest.json").exists()
    with (folder / "records/d0001.jsonl").open("ab") as file:
        file.write(b'{"stem": "torn')
    code, out, err = finish(start(folder))
    assert code == 0, out + err
    assert files_of(folder) == files_of(dataset)
    assert left_of(folder) == []


def test_several_workers_make_the_same(dataset, tmp_path):
    folder = tmp_path / "dataset"
    code, out, err = finish(start(folder, "--workers", "2"))
    assert code == 0, out + err
    assert files_of(folder) == files_of(dataset)


def test_a_dataset_that_is_done_is_left_alone_and_another_is_refused(dataset):
    before = files_of(dataset)
    code, out, _ = finish(start(dataset))
    assert (code, "is done already" in out) == (0, True)
    code, _, err = finish(start(dataset, "--seed", "5"))
    assert (code, sentence(err)) == (
        1,
        [
            f"Error: {dataset} holds another dataset (its config differs); choose another --out, or remove the folder"
        ],
    )
    assert files_of(dataset) == before


def test_ctrl_c_ends_it_tidily(tmp_path):
    folder = tmp_path / "dataset"
    running = start(folder)
    while count_lines(folder) < 1 and running.poll() is None:
        time.sleep(0.05)
    assert len(left_of(folder)) >= 2  # the command and its stand-in
    running.send_signal(signal.SIGINT)
    code, _, err = finish(running)
    assert code == 130, err
    assert "Traceback" not in err
    assert left_of(folder) == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--formats", "pascal"], "'pascal' is no format; there are cityscapes, coco"),
        (["--checkpoint", "nothing"], "no checkpoint nothing"),
        (["--port", "1"], "no CARLA server answered at 127.0.0.1:1"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(tmp_path, more, words):
    code, _, err = finish(start(tmp_path / "dataset", *more))
    assert (code, len(sentence(err))) == (1, 1), err
    assert words in sentence(err)[0]


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "thesis.tex").write_text("years")
    code, _, err = finish(start(tmp_path / "dataset"))
    assert (code, "is not empty and holds no dataset of ours" in err) == (1, True)
    assert files_of(tmp_path / "dataset") == {"thesis.tex": b"years"}


def test_a_server_of_ones_own_is_driven_and_put_back(tmp_path):
    config = SMALL | {"samples": 2, "towns": ["StandIn-0"], "walkers": 0}
    with StandInProcess(seed=0, walkers=12) as server:
        before = look_at(server.port)
        config["servers"] = [{"host": server.host, "port": server.port}]
        code, out, err = finish(start(tmp_path / "dataset", config=config))
        assert code == 0, out + err
        after = look_at(server.port)
        assert replace(after, actors=frozenset()) == replace(before, actors=frozenset())
        assert Counter(type_id for _, type_id in after.actors if "sensor" in type_id) == {}
        assert len(after.actors) == len(before.actors)  # its own, of a fresh world
        config |= {"towns": ["Atlantis"]}
        code, _, err = finish(start(tmp_path / "other", config=config))
        assert code == 1
        assert "has no map 'Atlantis'; it has StandIn-0" in sentence(err)[0]


def test_a_server_that_dies_midway_is_said_and_nothing_is_lost(tmp_path):
    config = SMALL | {"towns": ["StandIn-0"]}
    with StandInProcess(seed=0, fault=["die@40"]) as server:
        config["servers"] = [{"host": server.host, "port": server.port, "timeout_s": 4.0}]
        code, _, err = finish(start(tmp_path / "dataset", config=config))
    assert (code, len(sentence(err))) == (1, 1), err
    assert "is lost" in sentence(err)[0]
    made = count_lines(tmp_path / "dataset")
    assert made == len(list((tmp_path / "dataset").glob("coco/images/*/*.jpg")))
    assert not list((tmp_path / "dataset").rglob("*.partial.*"))
    assert not (tmp_path / "dataset" / "manifest.json").exists()


def test_the_command_line_goes_over_the_file(tmp_path):
    path = tmp_path / "set.yaml"
    path.write_text(yaml.safe_dump(SMALL))
    config = load_config(path, SynthesizeConfig, {"samples": 3, "servers": [{"port": 2001}]})
    assert config.samples == 3
    assert config.servers == (ServerConfig(port=2001),)
    assert set(config.formats) <= set(FORMATS)


def test_ray_makes_the_same(dataset, tmp_path):
    pytest.importorskip("ray", reason="the extra `scale` is not installed")
    folder = tmp_path / "dataset"
    code, out, err = finish(start(folder, "--engine", "ray", config=SMALL | {"cpus_per_engine": 1}))
    assert code == 0, out + err
    assert "wrote 9 samples" in out
    assert files_of(folder) == files_of(dataset)
