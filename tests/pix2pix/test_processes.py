"""Several processes, started by the real torchrun: they learn what one learns, and they stop together."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
import yaml

from pix2pix import checkpoint
from pix2pix.datasets import open_dataset
from pix2pix.errors import Pix2PixError
from pix2pix.networks import make_networks
from pix2pix.processes import Processes, check_shares
from pix2pix.trainer import train

TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "pix2pix"]
ALONE = ["-m", "pix2pix"]


def start(how, config, data, out, *words):
    """Start `pix2pix train` in a process group of its own, as a shell does."""
    file = out.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(config.model_dump(mode="json")))
    command = [sys.executable, *how, "train", "--config", file, "--data", data, "--out", out, *words]
    return subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


def finish(process):
    said, complaints = process.communicate(timeout=200)
    return process.returncode, said, complaints


def stats_of(run):
    return [json.loads(line) for line in (run / "stats.jsonl").read_text().splitlines()]


@pytest.fixture
def even_config(tiny_config):
    """Nothing drawn while it learns: dropout in two processes is another draw than in one."""
    generator = tiny_config.generator.model_copy(update={"dropout": 0.0})
    changes = {"generator": generator, "batch_size": 4, "steps": 6, "save_every": 3}
    return tiny_config.model_copy(update=changes)


def test_two_processes_with_half_batches_learn_what_one_learns(street_data, even_config, tmp_path):
    """Losses agree to 1e-4 of their size, kernels to 1e-6, photos to 1e-4 of their range.

    Biases before an instance norm are left out: it takes them away again, so that their gradient is rounding alone.
    """
    code, _, complaints = finish(start(TORCHRUN, even_config, street_data, tmp_path / "two"))
    assert code == 0, complaints
    data = open_dataset(street_data, "train")
    train(even_config, dataset=data, held_out=data, out=tmp_path / "one")
    for shared, alone in zip(stats_of(tmp_path / "two"), stats_of(tmp_path / "one"), strict=True):
        assert shared == pytest.approx(alone, rel=1e-4)
    two, one = (torch.load(tmp_path / name / "state.pt", weights_only=True) for name in ("two", "one"))
    for part in ("generator", "discriminators", "average"):
        kernels = [key for key, value in one[part].items() if value.ndim == 4]
        assert kernels
        assert max(float((two[part][key] - one[part][key]).abs().max()) for key in kernels) < 1e-6
    generator = make_networks(even_config, "cpu").generator.eval()
    label_ids = torch.from_numpy(data[0].label_ids)[None]
    photos = []
    for state in (two, one):
        generator.load_state_dict(state["generator"])
        with torch.no_grad():
            photos.append(generator(label_ids))
    assert float((photos[0] - photos[1]).abs().max()) < 2e-4


HOLD_NETWORKS = """
import hashlib, sys
from pathlib import Path
from pix2pix import trainer
from pix2pix.config import load_train_config
from pix2pix.datasets import open_dataset
from pix2pix.processes import joined

made = []
make_networks = trainer.make_networks
trainer.make_networks = lambda *words, **options: made.append(make_networks(*words, **options)) or made[0]
config, data, out = map(Path, sys.argv[1:])
dataset = open_dataset(data, "train")
with joined("cpu") as processes:
    trainer.train(load_train_config(config), dataset=dataset, held_out=dataset, out=out, processes=processes)
digest = hashlib.sha256()
for network in made[0][:3]:
    for value in network.state_dict().values():
        digest.update(value.numpy().tobytes())
Path(out, f"rank-{processes.rank}.txt").write_text(digest.hexdigest())
"""


def test_all_processes_hold_the_same_networks_to_the_last_bit(street_data, even_config, tmp_path):
    """Also where each draws dropout of its own, and the running statistics of its own photos."""
    generator = even_config.generator.model_copy(update={"norm": "batch", "dropout": 0.5})
    judge = even_config.discriminators[0].model_copy(update={"spectral_norm": True})
    config = even_config.model_copy(update={"generator": generator, "discriminators": (judge,)})
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json")))
    (tmp_path / "child.py").write_text(HOLD_NETWORKS)
    words = [tmp_path / "child.py", tmp_path / "c.yaml", street_data, tmp_path / "run"]
    command = [sys.executable, *TORCHRUN[:-2], *map(str, words)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    first, second = ((tmp_path / "run" / f"rank-{rank}.txt").read_text() for rank in (0, 1))
    assert first == second


def wait_for(path, process, seconds=120):
    deadline = time.monotonic() + seconds
    while not path.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert path.exists(), process.communicate()


@pytest.mark.parametrize("how", [ALONE, TORCHRUN], ids=["alone", "torchrun"])
def test_ctrl_c_saves_the_step_under_way_in_all_processes(street_data, even_config, tmp_path, how):
    endless = even_config.model_copy(update={"steps": 100_000, "save_every": 100_000})
    out = tmp_path / "run"
    process = start(how, endless, street_data, out)
    wait_for(out / "stats.jsonl", process)
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does; torchrun passes it on once more
    code, said, complaints = finish(process)
    assert code != 0
    assert "lost the others" not in complaints
    steps = torch.load(out / "state.pt", weights_only=True)["step"]
    assert [line["step"] for line in stats_of(out)] == list(range(steps))
    assert f"stopped after {steps} of 100000 steps" in said
    code, _, complaints = finish(start(how, endless, street_data, out, "--resume", "--max-minutes", 0))
    assert code == 0, complaints
    assert checkpoint.load(out / "generator.safetensors")[1].steps == steps + 1


def test_a_batch_is_shared_out_whole_and_in_order():
    parts = [Processes(rank, 3).share(range(12, 24)) for rank in range(3)]
    assert [list(part) for part in parts] == [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]


def test_a_batch_that_can_not_be_shared_evenly_is_refused():
    check_shares(8, 2, 4)
    with pytest.raises(Pix2PixError, match="multiple of 8"):
        check_shares(12, 2, 4)
