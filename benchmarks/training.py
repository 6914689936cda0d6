"""Training throughput at 256×256, batch 1: the plain published recipe against the trainer, step for step.

    python -m benchmarks.training --data PATH/TO/camvid

Every row is one full step with its loading: the U-Net of 64 channels and 8 levels, the 70×70 PatchGAN, both Adams;
the trainer's also keeps the averaged generator, watches the losses and logs them. The rows take turns, so that a
machine that is busy for a while is busy for all of them.
"""

import tempfile
import time
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import click
import numpy as np
import torch

from benchmarks.plain_recipe import PlainTraining, read
from pix2pix.config import TrainConfig
from pix2pix.datasets import Dataset, open_dataset
from pix2pix.trainer import train

WARM_UP = 3  # steps of every turn that aren't counted
CLASSES = (7, 8, 11, 13, 17, 20, 21, 23, 24, 25, 26)
RECIPES = {
    "trainer, fp32": {"precision": "fp32", "channels_last": False},
    "trainer, fp32 channels_last": {"precision": "fp32"},
    "trainer, bf16": {"precision": "bf16", "channels_last": False},
    "trainer, bf16 channels_last": {"precision": "bf16"},
}


def plain_steps_ms(dataset: Dataset, steps: int, device: str) -> Iterator[float]:
    """Yield the time of each step of the plain recipe."""
    training = PlainTraining(device)
    for step in range(steps):
        start_s = time.perf_counter()
        training.step(*(picture.to(device) for picture in read(dataset, step % len(dataset))))
        if device != "cpu":
            torch.cuda.synchronize()
        yield 1000 * (time.perf_counter() - start_s)


def trainer_steps_ms(dataset: Dataset, steps: int, device: str, recipe: dict) -> Iterator[float]:
    """Yield the time between one step's end and the next one's, as the trainer tells them."""
    values = {
        "name": "benchmark",
        "classes": CLASSES,
        "steps": steps + 1,
        "save_every": 10**6,
        "sample_every": 10**6,
    }
    config = TrainConfig.model_validate(values | recipe)
    ends_s: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        train(
            config,
            dataset=dataset,
            held_out=dataset,
            out=Path(folder) / "run",
            device=device,
            progress=lambda step, losses: ends_s.append(time.perf_counter()),
        )
    yield from (1000 * (end - start) for start, end in pairwise(ends_s))


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Folder or pack, see pix2pix train."
)
@click.option("--rounds", default=3, show_default=True, help="Turns of each row.")
@click.option("--steps", default=10, show_default=True, help="Steps that count in each turn.")
@click.option("--device", default="cpu", show_default=True)
def main(data: Path, rounds: int, steps: int, device: str) -> None:
    """Print one row per recipe."""
    dataset = open_dataset(data, "train")
    took_ms: dict[str, list[float]] = {"plain published recipe, fp32": [], **{name: [] for name in RECIPES}}
    for _ in range(rounds):
        for name, times in took_ms.items():
            every = WARM_UP + steps
            if name in RECIPES:
                run = trainer_steps_ms(dataset, every, device, RECIPES[name])
            else:
                run = plain_steps_ms(dataset, every, device)
            times.extend(islice(run, WARM_UP, None))
    print(f"256x256, batch 1, {device}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"{'recipe':32}{'median ms':>11}{'5 % … 95 %':>16}{'images/s':>10}{'times plain':>13}")
    plain_ms = np.median(took_ms["plain published recipe, fp32"])
    for name, times in took_ms.items():
        low, median, high = np.percentile(times, (5, 50, 95))
        spread = f"{low:.0f} … {high:.0f}"
        print(f"{name:32}{median:11.0f}{spread:>16}{1000 / median:10.2f}{plain_ms / median:13.2f}")


if __name__ == "__main__":
    main()
