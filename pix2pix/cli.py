"""`pix2pix`: train generators on photos with label maps."""

from pathlib import Path
from typing import Any

import click

from pix2pix.cli_distill import distill
from pix2pix.cli_evaluate import evaluate
from pix2pix.cli_import import import_weights
from pix2pix.cli_options import given, run_options, run_training
from pix2pix.cli_pack import pack
from pix2pix.cli_segmenter import train_segmenter_command
from pix2pix.commands import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="carla-bridge")
def main() -> None:
    """Label maps in, photos out: train pix2pix generators for driving scenes."""


@main.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="A pack, or a folder of photos with label maps; several are joined.",
)
@run_options
@click.option("--learning-rate", type=float, help="Instead of the config's.")
@click.option(
    "--download-vgg",
    is_flag=True,
    help="Fetch VGG-19's published weights (575 MB) to the config's perceptual_weights, if they aren't there.",
)
@click.option("--dry-run", is_flag=True, help="Print the resolved config and what was found, then stop.")
def train(
    config_path: Path,
    data: tuple[Path, ...],
    out: Path,
    resume: bool,
    device: str,
    max_minutes: float,
    workers: int,
    download_vgg: bool,
    dry_run: bool,
    **overrides: Any,
) -> None:
    """Train a generator on photos with label maps.

    Example: pix2pix train --config configs/train-camvid.yaml --data PATH/TO/camvid --out runs/camvid
    """
    import yaml

    from pix2pix.config import load_train_config
    from pix2pix.datasets import never_shown, open_held_out, open_joined
    from pix2pix.inference import choose_device

    config = load_train_config(config_path, given(overrides))
    chosen, reason = choose_device(device)
    domains = config.generator.domains
    dataset = open_joined(data, "train", skip=config.skip, domains=domains)
    click.echo(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False).rstrip())
    click.echo(f"{len(dataset)} pairs in {', '.join(map(str, data))}; training on {chosen} ({reason})")
    if absent := never_shown(dataset, config.classes):
        click.echo(f"no pixel of the data shows the classes {absent}; better leave them out of `classes`")
    if dry_run:
        return

    if download_vgg:
        from pix2pix.perceptual import download_weights

        click.echo(f"VGG-19 is in {download_weights(config)}")
    held_out = open_held_out(*data, domains=domains) or dataset
    run_training(
        config,
        dataset,
        held_out,
        out=out,
        resume=resume,
        device=chosen,
        max_minutes=max_minutes,
        workers=workers,
    )


main.add_command(pack)
main.add_command(train_segmenter_command)
main.add_command(distill)
main.add_command(evaluate)
main.add_command(import_weights)

if __name__ == "__main__":
    main()
