"""What the commands that train share: their options, and the run itself. Only for the command line."""

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pix2pix.config import TrainConfig
    from pix2pix.datasets import Dataset

Command = Callable[..., Any]

config_option = click.option(
    "--config", "config_path", type=click.Path(path_type=Path), required=True, help="YAML, see configs/."
)
device_option = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
workers_option = click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Threads that make batches."
)
steps_option = click.option("--steps", type=click.IntRange(min=1), help="Instead of the config's.")
set_option = click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="Any setting instead of the config's, in YAML: generator.width=32, discriminators.0.layers=2; repeatable.",
)
seed_option = click.option("--seed", type=int, help="Instead of the config's.")
_RUN_OPTIONS = (
    config_option,
    click.option(
        "--out", type=click.Path(path_type=Path), required=True, help="Run directory to make or resume."
    ),
    click.option("--resume", is_flag=True, help="Go on exactly where the run directory stopped."),
    device_option,
    click.option(
        "--max-minutes",
        type=click.FloatRange(min=0),
        default=float("inf"),
        help="Save and end after so long; --resume goes on.",
    ),
    workers_option,
    steps_option,
    seed_option,
    set_option,
    click.option(
        "--segmenter",
        help="Its name or path: scores held-out photos at every save, so that the best state is kept as well.",
    ),
    click.option(
        "--tensorboard", is_flag=True, help="Write losses, scores and pictures to OUT/tensorboard as well."
    ),
)


def run_options(command: Command) -> Command:
    """Give a command the options of a training run."""
    for option in reversed(_RUN_OPTIONS):
        command = option(command)
    return command


def load_config(path: Path, settings: Sequence[str], overrides: dict[str, Any]) -> "TrainConfig":
    """Return the checked config with the `--set` settings, and with those of the overrides that were given."""
    from pix2pix.config import load_train_config
    from pix2pix.overrides import parse_settings

    given = {key: value for key, value in overrides.items() if value is not None}
    return load_train_config(path, parse_settings(settings) | given)


def run_training(
    config: "TrainConfig", dataset: "Dataset", held_out: "Dataset | None", *, out: Path, **settings: Any
) -> None:
    """Train with a progress bar and say what was written; `settings` are those of `trainer.train`.

    Without held-out samples the pictures are of those trained on.
    """
    from pix2pix.checkpoint import load
    from pix2pix.progress import training_progress
    from pix2pix.trainer import train
    from pix2pix.validation import MEASURE

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends like Ctrl-C
    with training_progress(config.steps) as progress:
        path = train(
            config, dataset=dataset, held_out=held_out or dataset, out=out, progress=progress, **settings
        )
    if (best := out / "best.safetensors").is_file():
        card = load(best)[1]
        click.echo(f"wrote {best}: {MEASURE} {card.metrics[MEASURE]:.3f} after {card.steps} steps")
    click.echo(f"wrote {path}; pictures are in {out / 'samples'}")
