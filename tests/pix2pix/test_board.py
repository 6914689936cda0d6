"""TensorBoard: what the run logs is what the event files hold."""

import json
import subprocess
import sys

import pytest

from pix2pix.datasets import open_dataset
from pix2pix.trainer import train

pytest.importorskip("tensorboard", reason="the extra [board] is not installed")


def read_board(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return events


def run_on(street_data, config, out, **settings):
    data = open_dataset(street_data, "train")
    train(config, dataset=data, held_out=data, out=out, tensorboard=True, **settings)


def test_the_board_shows_the_losses_and_the_pictures(street_data, tiny_config, tmp_path):
    run_on(street_data, tiny_config, tmp_path / "run")
    events = read_board(tmp_path / "run" / "tensorboard")
    logged = [json.loads(line) for line in (tmp_path / "run" / "stats.jsonl").read_text().splitlines()]
    for name in ("d", "l1", "total"):
        shown = [(event.step, event.value) for event in events.Scalars(name)]
        assert shown == [(line["step"], pytest.approx(line[name], rel=1e-6)) for line in logged]
    (picture,) = events.Images("samples")
    assert picture.step == 3
    assert picture.height == 4 * 32  # four rows at the training height


def test_a_resumed_run_shows_every_step_once(street_data, tiny_config, tmp_path):
    half = tiny_config.model_copy(update={"steps": 2})
    run_on(street_data, half, tmp_path / "run")
    run_on(street_data, tiny_config, tmp_path / "run", resume=True)
    events = read_board(tmp_path / "run" / "tensorboard")
    assert [event.step for event in events.Scalars("l1")] == [0, 1, 2, 3]
    assert [event.step for event in events.Images("samples")] == [1, 3]


def test_a_run_begun_anew_hides_what_the_stopped_one_wrote(street_data, tiny_config, tmp_path):
    def stop(step, losses):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_on(street_data, tiny_config, tmp_path / "run", progress=stop)
    run_on(street_data, tiny_config, tmp_path / "run")
    events = read_board(tmp_path / "run" / "tensorboard")
    assert [event.step for event in events.Scalars("l1")] == [0, 1, 2, 3]


def test_without_tensorboard_one_sentence_says_how_to_get_it(street_data, tmp_path):
    code = "import sys; sys.modules['tensorboard'] = None; from pix2pix.cli import main; main()"
    words = ["train", "--config", "c.yaml", "--data", street_data, "--out", tmp_path / "run", "--tensorboard"]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "Error: --tensorboard needs TensorBoard, which isn't installed; pip install 'carla-bridge[board]'"
    )
    assert not (tmp_path / "run").exists()
