"""`pix2pix train-segmenter`."""

from pathlib import Path
from typing import Any

import click


@click.command("train-segmenter")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), required=True, help="YAML, see configs/"
)
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Photos with label maps, or a pack."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The .safetensors file to write.")
@click.option("--width", type=click.IntRange(8, 128), default=32, show_default=True, help="Channels at 1/2.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Threads that make batches."
)
@click.option("--steps", type=click.IntRange(min=1), help="Instead of the config's.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Instead of the config's.")
@click.option("--seed", type=int, help="Instead of the config's.")
def train_segmenter_command(
    config_path: Path, data: Path, out: Path, width: int, device: str, workers: int, **overrides: Any
) -> None:
    """Train the network that judges generated photos, and whose features the perceptual loss compares.

    Example: pix2pix train-segmenter --config configs/segmenter-camvid.yaml --data camvid.pack --out judge.safetensors
    """
    from pix2pix.config import load_train_config
    from pix2pix.datasets import open_dataset
    from pix2pix.inference import choose_device
    from pix2pix.progress import training_progress
    from pix2pix.segmenter_training import train_segmenter

    config = load_train_config(config_path, {k: v for k, v in overrides.items() if v is not None})
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
