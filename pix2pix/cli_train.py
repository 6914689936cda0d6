"""`pix2pix train`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pix2pix.cli_options import load_config, run_options, run_training


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="A pack, or a folder of photos with label maps; several are joined.",
)
@run_options
@click.option("--init", help="Checkpoint, by name or path, whose weights the generator starts from.")
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
    settings: tuple[str, ...],
    segmenter: str | None,
    tensorboard: bool,
    init: str | None,
    download_vgg: bool,
    dry_run: bool,
    **overrides: Any,
) -> None:
    """Train a generator on photos with label maps.

    Example: pix2pix train --config configs/train-camvid.yaml --data PATH/TO/camvid --out runs/camvid

    In several processes: torchrun --nproc-per-node 2 -m pix2pix train …
    """
    import yaml

    from pix2pix import checkpoint
    from pix2pix.board import check_board
    from pix2pix.datasets import never_shown, open_held_out, open_joined
    from pix2pix.datasets.identity import identity
    from pix2pix.errors import Pix2PixError
    from pix2pix.processes import choose_own_device, speaks
    from pix2pix.run_directory import Origin
    from pix2pix.validation import open_validation

    if tensorboard:
        check_board()
    config = load_config(config_path, settings, overrides)
    if init and resume:
        raise Pix2PixError("--init starts a run and --resume goes on with one; leave one of them out")
    start = checkpoint.resolve(init) if init else None
    chosen, reason = choose_own_device(device)
    say: Callable[[str], None] = click.echo if speaks() else lambda text: None
    domains = config.generator.domains
    dataset = open_joined(data, "train", skip=config.skip, domains=domains)
    held_out = open_held_out(*data, domains=domains)
    validation = open_validation(segmenter, held_out, config, chosen) if segmenter else None
    say(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False).rstrip())
    say(f"{len(dataset)} pairs in {', '.join(map(str, data))}; training on {chosen} ({reason})")
    if absent := never_shown(dataset, config.classes):
        say(f"no pixel of the data shows the classes {absent}; better leave them out of `classes`")
    if dry_run:
        return

    if download_vgg:
        from pix2pix.perceptual import download_weights

        say(f"VGG-19 is in {download_weights(config)}")
    notes = f"started from {init} (sha256 {checkpoint.fingerprint(start)})" if start else ""
    run_training(
        config,
        dataset,
        held_out,
        out=out,
        resume=resume,
        init=start,
        device=chosen,
        max_minutes=max_minutes,
        workers=workers,
        validation=validation,
        tensorboard=tensorboard,
        origin=Origin(notes, {"data": identity(dataset)}),
    )
