"""`pix2pix train-segmenter`."""

from pathlib import Path
from typing import Any

import click

from pix2pix.cli_options import (
    config_option,
    device_option,
    load_config,
    seed_option,
    set_option,
    steps_option,
    workers_option,
)


@click.command("train-segmenter")
@config_option
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Photos with label maps, or a pack."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The .safetensors file to write.")
@click.option("--width", type=click.IntRange(8, 128), default=32, show_default=True, help="Channels at 1/2.")
@device_option
@workers_option
@steps_option
@click.option("--batch-size", type=click.IntRange(min=1), help="Instead of the config's.")
@seed_option
@set_option
def train_segmenter_command(
    config_path: Path,
    data: Path,
    out: Path,
    width: int,
    device: str,
    workers: int,
    settings: tuple[str, ...],
    **overrides: Any,
) -> None:
    """Train the network that judges generated photos, and whose features the perceptual loss compares.

    Example: pix2pix train-segmenter --config configs/segmenter-camvid.yaml --data camvid.pack --out judge.safetensors
    """
    from pix2pix.datasets import open_dataset
    from pix2pix.inference import choose_device
    from pix2pix.outputs import check_new
    from pix2pix.progress import training_progress
    from pix2pix.segmenter_training import train_segmenter

    check_new(out)
    config = load_config(config_path, settings, overrides)
    chosen, reason = choose_device(device)
    dataset = open_dataset(data, "train", skip=config.skip)
    held_out = open_dataset(data, "val")
    click.echo(
        f"{len(dataset)} photos to learn from, {len(held_out)} held out; training on {chosen} ({reason})"
    )
    with training_progress(config.steps) as progress:
        score = train_segmenter(
            config, dataset, held_out, out=out, width=width, device=chosen, workers=workers, progress=progress
        )
    means = ", ".join(f"{name} {value:.3f}" for name, value in score.summary().items())
    click.echo(f"wrote {out}; on the held-out photos: {means}")
