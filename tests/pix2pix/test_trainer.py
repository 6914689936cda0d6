import json
import subprocess
import sys

import numpy as np
import pytest
import torch
import yaml

from pix2pix import checkpoint
from pix2pix.datasets import open_dataset
from pix2pix.errors import Pix2PixError
from pix2pix.optimisation import learning_rate_at
from pix2pix.trainer import train as train_on


def train(config, *, data, **settings):
    return train_on(
        config, dataset=open_dataset(data, "train"), held_out=open_dataset(data, "val"), **settings
    )


def losses_of(run):
    return [json.loads(line) for line in (run / "stats.jsonl").read_text().splitlines()]


def test_a_run_leaves_checkpoint_config_stats_and_pictures(street_data, tiny_config, tmp_path):
    path = train(tiny_config, data=street_data, out=tmp_path / "run")
    generator, card = checkpoint.load(path)
    assert card.steps == 4
    assert card.images == 6
    assert [line["step"] for line in losses_of(tmp_path / "run")] == [0, 1, 2, 3]
    assert yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())["name"] == "tiny"
    assert (tmp_path / "run" / "samples" / "step-000004.png").stat().st_size > 1000
    assert generator.training is False


def test_training_lowers_the_l1_loss(street_data, tiny_config, tmp_path):
    config = tiny_config.model_copy(
        update={"steps": 60, "save_every": 60, "sample_every": 60, "batch_size": 4, "learning_rate": 0.002}
    )
    train(config, data=street_data, out=tmp_path / "run")
    l1 = [line["l1"] for line in losses_of(tmp_path / "run")]
    assert np.mean(l1[-10:]) < 0.8 * np.mean(l1[:10])


def test_a_resumed_run_goes_on_to_the_last_bit(street_data, tiny_config, tmp_path):
    whole = train(tiny_config, data=street_data, out=tmp_path / "whole")
    half = tiny_config.model_copy(update={"steps": 2})
    # the rate's schedule looks at `steps`: keep it flat so that both runs are one
    assert learning_rate_at(1, half, 1.0) == learning_rate_at(1, tiny_config, 1.0)
    train(half, data=street_data, out=tmp_path / "parts")
    parts = train(tiny_config, data=street_data, out=tmp_path / "parts", resume=True)
    assert losses_of(tmp_path / "parts") == losses_of(tmp_path / "whole")
    for a, b in zip(*(checkpoint.load(p)[0].parameters() for p in (whole, parts)), strict=True):
        assert torch.equal(a, b)


def test_a_folder_in_use_is_not_overwritten(street_data, tiny_config, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(Pix2PixError, match="not empty"):
        train(tiny_config, data=street_data, out=tmp_path)


def test_nothing_to_resume_is_said(street_data, tiny_config, tmp_path):
    with pytest.raises(Pix2PixError, match="nothing to resume"):
        train(tiny_config, data=street_data, out=tmp_path / "none", resume=True)


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_a_finite_state(street_data, tiny_config, tmp_path):
    out = tmp_path / "run"
    train(tiny_config.model_copy(update={"steps": 2}), data=street_data, out=out)
    wild = tiny_config.model_copy(
        update={"steps": 50, "learning_rate": 1e30, "decay_from": 1.0, "save_every": 1}
    )
    with pytest.raises(Pix2PixError, match="not finite"):
        train(wild, data=street_data, out=out, resume=True)
    state = torch.load(out / "state.pt", weights_only=True)
    assert all(torch.isfinite(weights).all() for weights in state["generator"].values())


def test_another_config_is_refused_and_the_record_kept(street_data, tiny_config, tmp_path):
    out = tmp_path / "run"
    train(tiny_config, data=street_data, out=out)
    wide = tiny_config.model_copy(update={"generator": tiny_config.generator.model_copy(update={"width": 8})})
    with pytest.raises(Pix2PixError, match="another config"):
        train(wide, data=street_data, out=out, resume=True)
    assert yaml.safe_load((out / "config.yaml").read_text())["generator"]["width"] == 4


def test_a_damaged_state_is_one_sentence(street_data, tiny_config, tmp_path):
    out = tmp_path / "run"
    train(tiny_config, data=street_data, out=out)
    (out / "state.pt").write_bytes((out / "state.pt").read_bytes()[:1000])
    with pytest.raises(Pix2PixError, match="damaged"):
        train(tiny_config, data=street_data, out=out, resume=True)


def test_a_run_stopped_before_its_first_save_starts_anew(street_data, tiny_config, tmp_path):
    def stop(step, losses):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(tiny_config, data=street_data, out=tmp_path / "run", progress=stop)
    train(tiny_config, data=street_data, out=tmp_path / "run")
    assert len(losses_of(tmp_path / "run")) == 4


def test_a_full_disk_is_one_sentence_and_leaves_no_partial_file(street_data, tiny_config, tmp_path):
    code = (
        "import resource, signal, sys; from pathlib import Path; import yaml\n"
        "from pix2pix.config import parse_train_config; from pix2pix.trainer import train\n"
        "from pix2pix.datasets import open_dataset\n"
        "from pix2pix.errors import Pix2PixError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "config = parse_train_config(yaml.safe_load(sys.argv[1]), source='test')\n"
        "data = open_dataset(Path(sys.argv[2]), 'train')\n"
        "try: train(config, dataset=data, held_out=data, out=Path(sys.argv[3]))\n"
        "except Pix2PixError as error: print('SAID', error)"
    )
    config = yaml.safe_dump(tiny_config.model_dump(mode="json"))
    command = [sys.executable, "-c", code, config, street_data, tmp_path / "run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "SAID" in done.stdout, done.stderr
    assert "can't be written" in done.stdout
    assert not list((tmp_path / "run").glob("*.partial*"))


def test_the_rate_is_constant_then_falls_to_zero(tiny_config):
    config = tiny_config.model_copy(update={"steps": 100, "decay_from": 0.5, "learning_rate": 1.0})
    rates = [learning_rate_at(step, config, 1.0) for step in (0, 49, 50, 75, 99)]
    assert rates == pytest.approx([1.0, 1.0, 1.0, 0.5, 0.02])
