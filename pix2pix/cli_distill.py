"""`pix2pix distill`."""

from pathlib import Path
from typing import Any

import click

from pix2pix.cli_options import load_config, run_options, run_training


@click.command()
@click.option("--teacher", required=True, help="Shipped name or checkpoint of the generator to learn from.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="A pack, or a folder of photos with label maps; several are joined.",
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
    data: tuple[Path, ...],
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

    A student with domains learns them from a teacher that has them: every --data is a pack that names its
    domain; --maps that name none are painted in all by turns.

    Example: pix2pix distill --teacher runs/camvid/generator.safetensors
    --config configs/distill-fast.yaml --data camvid.pack --maps drives.pack
    --out runs/fast
    """
    from pix2pix import checkpoint
    from pix2pix.board import check_board
    from pix2pix.datasets import open_held_out, open_joined
    from pix2pix.datasets.identity import identity
    from pix2pix.distill import check_lesson, lesson, open_maps, styles_of
    from pix2pix.processes import choose_own_device, speaks
    from pix2pix.progress import counting
    from pix2pix.run_directory import Origin
    from pix2pix.validation import open_validation

    if tensorboard:
        check_board()
    config = load_config(config_path, settings, overrides)
    chosen, reason = choose_own_device(device)
    path = checkpoint.resolve(teacher)
    generator, card = checkpoint.load(path)
    domains = config.generator.domains
    photos = open_joined(data, "train", skip=config.skip, domains=domains)
    drives = [open_maps(pack, domains) for pack in maps]
    sources = {
        "teacher": checkpoint.fingerprint(path),
        "data": identity(photos),
        "maps": [identity(drive) for drive in drives],
        "real-share": real_share,
    }
    check_lesson(config, card, out, sources, resume=resume)
    held_out = open_held_out(*data, domains=domains)
    validation = open_validation(segmenter, held_out, config, chosen) if segmenter else None
    total = len(photos) + sum(len(drive) for drive in drives)
    if speaks():
        click.echo(f"{card.name} paints {total} label maps on {chosen} ({reason})")
    with counting("painting", total) as painted:
        dataset = lesson(
            generator,
            photos,
            drives,
            device=chosen,
            real_share=real_share,
            styles=styles_of(domains, card),
            painted_one=painted,
        )
    notes = (
        f"distilled from {card.name} (sha256 {sources['teacher']}): its paintings of {total} label maps, "
        f"and {real_share:.0%} real photos"
    )
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
        origin=Origin(notes, sources),
    )
