"""What the commands that train share: their options, and the run itself. Only for the command line."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
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
    config: "TrainConfig",
    dataset: "Dataset",
    held_out: "Dataset | None",
    *,
    out: Path,
    device: str,
    **settings: Any,
) -> None:
    """Train with a progress bar and say what was written; `settings` are those of `trainer.train`.

    Without held-out samples the pictures are of those trained on. Ctrl-C saves the step under way.
    """
    from pix2pix.processes import joined
    from pix2pix.progress import training_progress
    from pix2pix.stopping import stopping
    from pix2pix.trainer import train

    settings |= {"dataset": dataset, "held_out": held_out or dataset, "out": out, "device": device}
    with joined(device) as processes, stopping() as stop, ExitStack() as stack:
        if processes.first:
            settings["progress"] = stack.enter_context(training_progress(config.steps))
        train(config, processes=processes, stop=stop, **settings)
    if processes.first:
        _say_what_was_written(out, config.steps)
    if stop():
        raise click.exceptions.Exit(130)


def _say_what_was_written(out: Path, steps: int) -> None:
    from pix2pix.checkpoint import load
    from pix2pix.validation import MEASURE

    if (best := out / "best.safetensors").is_file():
        card = load(best)[1]
        click.echo(f"wrote {best}: {MEASURE} {card.metrics[MEASURE]:.3f} after {card.steps} steps")
    path = out / "generator.safetensors"
    click.echo(f"wrote {path}; pictures are in {out / 'samples'}")
    if (done := load(path)[1].steps) < steps:
        click.echo(f"stopped after {done} of {steps} steps; the same command with --resume goes on")
