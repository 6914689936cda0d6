"""`carla-bridge bench`: the real road on the stand-in, small; no test asserts a time."""

import json

import pytest
import torch
from click.testing import CliRunner

from carla_bridge.bench import ConvertRow, LiveRow, convert_table, live_table
from carla_bridge.cli import main
from pix2pix import checkpoint
from pix2pix.config import TrainConfig
from pix2pix.generators import Generator
from pix2pix.run_directory import Progressed, make_card

pytest.importorskip("carla")


@pytest.fixture
def tiny(tmp_path):
    config = TrainConfig.model_validate(
        {"name": "tiny", "classes": (7, 11, 23, 26), "crop_px": 32, "generator": {"width": 4, "levels": 4}}
        | {"discriminators": [{"width": 4, "layers": 1}]}
    )
    torch.manual_seed(0)
    path = tmp_path / "tiny.safetensors"
    card = make_card(config, Progressed(), images=0, device="cpu")
    checkpoint.save(path, Generator(config.generator, config.classes), card)
    return path


def test_bench_drives_and_converts_on_a_stand_in_of_its_own(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    out = tmp_path / "bench.json"
    words = [
        "bench",
        "--checkpoint",
        tiny,
        "--size",
        "64x32",
        "--frames",
        4,
        "--device",
        "cpu",
        "--json",
        out,
    ]
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == 0, done.output
    told = json.loads(out.read_text())
    assert [(row["name"], row["overlap"]) for row in told["live"]] == [
        ("none", True),
        ("tiny", False),
        ("tiny", True),
    ]
    for row in told["live"]:
        assert set(row["stages"]) == {"tick", "receive", "map", "generate", "show", "age"}
        assert row["frames"] == 4
        assert row["frames_per_s"] > 0
    (row,) = told["convert"]
    assert (row["frames"], row["batch_size"], row["size"]) == (4, 4, "64×32")
    assert row["frames_per_s"] > 0
    assert "| tiny | 64×32 | meanwhile |" in done.output


def test_tables_are_made_of_their_rows():
    stages = {"tick": (1.0, 2.0), "age": (3.0, 4.0)}
    table = live_table([LiveRow("a", "64×32", False, 9, 50.0, stages)])
    assert table.splitlines()[-1] == "| a | 64×32 | afterwards | 1.0 / 2.0 | 3.0 / 4.0 | 50.0 |"
    table = convert_table([ConvertRow("a", "64×32", 4, 9, 50.0, 60.0)])
    assert table.splitlines()[-1] == "| a | 64×32 | 4 | 50.0 | 60.0 |"
