"""`pix2pix distill`."""

from pathlib import Path
from typing import Any

import click

from pix2pix.cli_options import load_config, run_options, run_training


@click.command()
@click.option("--teacher", required=True, help="Shipped name or checkpoint of the generator to learn from.")
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Photos with label maps, or a pack."
)
@click.option(
    "--maps", type=click.Path(path_type=Path), multiple=True, help="Pack of label maps alone; repeatable."
)
@click.option(
    "--real-share",
    type=click.FloatRange(0, 0.95),
    default=0.3,
    show_default=True,
    help="This share of what the student sees is real photos, the rest the teacher's paintings.",
)
@run_options
def distill(
    teacher: str,
    config_path: Path,
    data: Path,
    maps: tuple[Path, ...],
    out: Path,
    real_share: float,
    resume: bool,
    device: str,
    max_minutes: float,
    workers: int,
    settings: tuple[str, ...],
    segmenter: str | None,
    tensorboard: bool,
    **overrides: Any,
) -> None:
    """Train a small generator on the paintings of a large one: it learns where it is used, on any label maps.

    To resume, give the same teacher, data, maps and share again: the paintings are made anew.

    Example: pix2pix distill --teacher runs/camvid/generator.safetensors
    --config configs/distill-fast.yaml --data camvid.pack --maps drives.pack
    --out runs/fast
    """
    from pix2pix import checkpoint
    from pix2pix.board import check_board
    from pix2pix.datasets import open_dataset, open_held_out
    from pix2pix.distill import check_lesson, lesson
    from pix2pix.processes import choose_own_device
    from pix2pix.progress import counting
    from pix2pix.validation import open_validation

    if tensorboard:
        check_board()
    config = load_config(config_path, settings, overrides)
    chosen, reason = choose_own_device(device)
    path = checkpoint.resolve(teacher)
    generator, card = checkpoint.load(path)
    check_lesson(config, card, out, resume=resume)
    photos = open_dataset(data, "train", skip=config.skip)
    held_out = open_held_out(data)
    validation = open_validation(segmenter, held_out, config, chosen) if segmenter else None
    drives = [open_dataset(pack, "train") for pack in maps]
    total = len(photos) + sum(len(drive) for drive in drives)
    click.echo(f"{card.name} paints {total} label maps on {chosen} ({reason})")
    with counting("painting", total) as painted:
        dataset = lesson(generator, photos, drives, device=chosen, real_share=real_share, painted_one=painted)
    run_training(
        config,
        dataset,
        held_out or photos,
        out=out,
        resume=resume,
        device=chosen,
        max_minutes=max_minutes,
        workers=workers,
        validation=validation,
        tensorboard=tensorboard,
        notes=(
            f"distilled from {card.name} (sha256 {checkpoint.fingerprint(path)}): its paintings of {total} label maps, "
            f"and {real_share:.0%} real photos"
        ),
    )
