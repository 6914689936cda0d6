"""`pix2pix bench`: what it measures it says, of whatever can run here; no test asserts a time."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pix2pix import benchmark, checkpoint
from pix2pix.backends import available
from pix2pix.benchmark import take_turns
from pix2pix.cli import main
from pix2pix.config import GeneratorConfig
from pix2pix.generators import Generator
from pix2pix.run_directory import Progressed, make_card


@pytest.fixture
def tiny(tiny_config, tmp_path) -> Path:
    card = make_card(tiny_config, Progressed(), images=0, device="cpu")
    path = tmp_path / "tiny.safetensors"
    checkpoint.save(path, Generator(tiny_config.generator, tiny_config.classes), card)
    return path


@pytest.fixture(autouse=True)
def small_plain(monkeypatch):
    """The yardstick made small: the paper's would take a test minutes."""
    small = GeneratorConfig(width=4, norm="batch")
    monkeypatch.setattr(benchmark, "PLAIN_CONFIG", small)


def test_bench_prints_a_table_and_writes_the_same_as_json(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    backends = [name for name in available("cpu") if name != "compile"]  # which builds for seconds
    words = ["bench", "--checkpoint", tiny, "--size", "64x32", "--rounds", "2", "--device", "cpu"]
    words += ["--json", tmp_path / "bench.json"]
    words += [word for name in backends for word in ("--backend", name)]
    done = CliRunner().invoke(main, list(map(str, words)))
    assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / "bench.json").read_text())
    assert [row["backend"] for row in told["rows"]] == ["eager", *backends]
    assert told["rows"][0]["times_plain"] == 1
    assert told["machine"]["versions"]["torch"] == torch.__version__
    for row in told["rows"]:
        assert row["size"] == "64×32"
        assert row["engine"]["p5_ms"] <= row["engine"]["median_ms"] <= row["engine"]["p95_ms"]
        assert f"| {row['name']} | {row['backend']}, {row['precision']} | 64×32 |" in done.output


def test_a_file_that_is_there_is_not_overwritten(tiny, tmp_path):
    (tmp_path / "bench.json").write_text("mine")
    words = ["bench", "--checkpoint", str(tiny), "--json", str(tmp_path / "bench.json")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert "already there" in done.output


def test_calls_take_turns_and_the_first_round_does_not_count():
    order = []
    calls = {name: lambda name=name: order.append(name) for name in "ab"}
    found = take_turns(calls, rounds=2)
    assert order == ["a", "b", "a", "b", "a", "b"]
    assert list(found) == ["a", "b"]


def test_the_street_is_the_same_everywhere_and_knows_width_from_height():
    label_ids = benchmark.street(2, 40, 70)
    assert label_ids.shape == (2, 40, 70)
    assert label_ids.dtype == np.uint8
    assert (label_ids == benchmark.street(2, 40, 70)).all()
    assert set(np.unique(label_ids)) <= set(benchmark.CLASSES)


def test_measuring_does_not_change_what_is_drawn_elsewhere():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    benchmark.plain_unet()
    assert torch.equal(torch.rand(2), expected)
