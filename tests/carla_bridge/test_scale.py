"""A cluster makes the same videos as one machine; without Ray one sentence says what to install."""

import sys

import pytest
from click.testing import CliRunner

from carla_bridge.cli import main
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.scale import share_out
from tests.carla_bridge.recording import drives


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
    again = convert(recordings, tmp_path / "ray", *ray_options)
    assert again.output.count("is done already") == 5


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
