"""A cluster makes the same videos as one machine; without Ray one sentence says what to install."""

import os
import signal
import sys
import time
from functools import partial

import pytest
from click.testing import CliRunner

from carla_bridge.batch import Item, NamedEngine, convert_each
from carla_bridge.cli import main
from carla_bridge.convert import ConvertSettings
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.scale import convert_on_ray, share_out
from carla_bridge.sources import ImportSettings, sources_of
from tests.carla_bridge.recording import drives
from tests.carla_bridge.test_convert import paint


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Three videos to be made, and a file that is none of ours."""
    folder = tmp_path_factory.mktemp("recordings")
    for name, cameras in (("one", ("front",)), ("two", ("front", "left"))):
        with DriveWriter(folder / f"{name}.mcap", drives.meta(*cameras)) as writer:
            for number in range(7):
                writer.write(drives.tick(number, *cameras))
    return folder


def convert(recordings, out, *more):
    words = ["convert", f"{recordings}/*.mcap", "--out", str(out), "--device", "cpu", *more]
    return CliRunner().invoke(main, words)


@pytest.mark.filterwarnings("ignore")  # Ray's own, about Ray
def test_two_workers_make_the_same_bytes_as_one_machine(recordings, tmp_path):
    pytest.importorskip("ray")
    ray_options = ("--engine", "ray", "--cpus-per-engine", "1", "--into-recording")
    local = convert(recordings, tmp_path / "local", "--into-recording")
    assert local.exit_code == 0, local.output
    ran = convert(recordings, tmp_path / "ray", *ray_options)
    assert ran.exit_code == 0, ran.output
    made = sorted(path.name for path in (tmp_path / "local").iterdir())
    assert len(made) == 3 * 2 + 2
    assert sorted(path.name for path in (tmp_path / "ray").iterdir()) == made
    for name in made:
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "local" / name).read_bytes(), name


def load_painter(folder):
    """An engine that leaves its process number in a folder; the first one to get to its third batch dies there."""

    def paint_and_tell(label_ids):
        mark = folder / str(os.getpid())
        mark.write_text(mark.read_text() + "." if mark.exists() else ".")
        deadline = time.monotonic() + 60
        while len(list(folder.iterdir())) < 2:  # the other worker has an item, too
            assert time.monotonic() < deadline, "the other worker never began"
            time.sleep(0.05)
        if len(mark.read_text()) == 3 and not (folder / "died").exists():
            (folder / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return paint(label_ids)

    return NamedEngine(paint_and_tell, "test", "1" * 64, "cpu")


@pytest.mark.filterwarnings("ignore")  # Ray's own, about Ray
def test_both_workers_work_and_the_item_of_one_that_dies_is_made_all_the_same(recordings, tmp_path):
    pytest.importorskip("ray")
    marks = tmp_path / "marks"
    marks.mkdir()
    items = {
        place: [
            Item(source, tmp_path / place, ConvertSettings(batch_size=1))
            for path in sorted(recordings.glob("*.mcap"))
            for source in sources_of(path, ImportSettings())
        ]
        for place in ("ray", "local")
    }
    outcomes = list(convert_on_ray(items["ray"], partial(load_painter, marks), cpus_per_engine=1))
    assert sorted(outcome.name for outcome in outcomes if not outcome.failed) == [
        "one",
        "two-front",
        "two-left",
    ]
    assert (marks / "died").exists()
    list(convert_each(items["local"], lambda: NamedEngine(paint, "test", "1" * 64, "cpu")))
    for here, there in zip(items["local"], items["ray"], strict=True):
        assert here.video.read_bytes() == there.video.read_bytes()


def test_a_cluster_that_is_not_there_is_one_sentence(recordings, tmp_path):
    pytest.importorskip("ray")
    away = convert(recordings, tmp_path, "--engine", "ray", "--address", "127.0.0.1:1")
    assert away.exit_code == 1
    assert "Error: the Ray cluster at 127.0.0.1:1 does not answer" in away.output


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"CPU": 16.0, "GPU": 2.0}, (2, {"num_gpus": 1})),
        ({"CPU": 16.0, "GPU": 8.0}, (5, {"num_gpus": 1})),  # no more than there are items
        ({"CPU": 9.0}, (2, {"num_cpus": 4})),
        ({"CPU": 3.0}, (0, {"num_cpus": 4})),
    ],
)
def test_every_gpu_has_an_engine_or_else_every_few_cpus(resources, expected):
    assert share_out(resources, 4, items=5) == expected


def test_without_ray_one_sentence_says_what_to_install(recordings, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)  # importing it fails, as where it isn't installed
    ran = convert(recordings, tmp_path, "--engine", "ray")
    assert ran.exit_code == 1
    assert ran.output == (
        "Error: --engine ray needs Ray, which is not installed: pip install 'carla-bridge[scale]'\n"
    )
