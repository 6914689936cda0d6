"""kill -9 at any moment: the resumed run is the one that was never killed, to the last bit."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch
import yaml
from safetensors.torch import load_file

from pix2pix.datasets import open_dataset
from pix2pix.segmenter_training import train_segmenter

STEPS = 120
SAVE_EVERY = 7


@pytest.fixture
def command(street_data, tiny_config, tmp_path):
    """The words of a scored run, without its folder; dropout and hidden boxes draw in every step."""
    data = open_dataset(street_data, "train")
    judged = tiny_config.model_copy(update={"steps": 20, "batch_size": 4})
    train_segmenter(judged, data, data, out=tmp_path / "judge.safetensors", width=4)
    changes = {"steps": STEPS, "save_every": SAVE_EVERY, "sample_every": 30, "ema": 0.9}
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump(tiny_config.model_dump(mode="json") | changes))
    words = [
        "train",
        "--config",
        config,
        "--data",
        street_data,
        "--segmenter",
        tmp_path / "judge.safetensors",
    ]
    return [sys.executable, "-m", "pix2pix", *map(str, words), "--out"]


def run(command, out, *words):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen([*command, out, *words], stdout=subprocess.DEVNULL, env=environment)


def kill(process, out, *, after_step, delay_s):
    """Kill it some moment after that step was logged: in the next steps, or in the middle of saving one."""
    stats = out / "stats.jsonl"
    deadline = time.monotonic() + 120
    while not (stats.exists() and stats.read_bytes().count(b"\n") > after_step):
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.001)
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_a_run_killed_at_random_moments_is_the_whole_run(command, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert run(command, whole).wait() == 0
    rng = random.Random(4)
    for earliest in (0, 25, 60):
        words = ["--resume"] if (killed / "state.pt").exists() else []
        after_step, delay_s = earliest + rng.randrange(20), rng.uniform(0, 0.05)
        kill(run(command, killed, *words), killed, after_step=after_step, delay_s=delay_s)
    assert run(command, killed, "--resume").wait() == 0

    assert (killed / "stats.jsonl").read_bytes() == (whole / "stats.jsonl").read_bytes()
    for name in ("generator.safetensors", "best.safetensors"):
        mine, theirs = load_file(killed / name), load_file(whole / name)
        assert {key: value.numpy().tobytes() for key, value in mine.items()} == {
            key: value.numpy().tobytes() for key, value in theirs.items()
        }
    best = [torch.load(out / "state.pt", weights_only=True)["best"] for out in (killed, whole)]
    assert best[0] == best[1]
    pictures = [
        {path.name: path.read_bytes() for path in (out / "samples").iterdir()} for out in (killed, whole)
    ]
    assert pictures[0] == pictures[1]
    assert not list(killed.rglob("*.partial*"))
