"""`pix2pix distill`."""

import signal
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--teacher", required=True, help="Shipped name or checkpoint of the generator to learn from.")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), required=True, help="The student's YAML."
)
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Photos with label maps, or a pack."
)
@click.option(
    "--maps", type=click.Path(path_type=Path), multiple=True, help="Pack of label maps alone; repeatable."
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Run directory to make or resume."
)
@click.option(
    "--real-share",
    type=click.FloatRange(0, 0.95),
    default=0.3,
    show_default=True,
    help="About this share of what the student sees is real photos, the rest the teacher's paintings.",
)
@click.option("--resume", is_flag=True, help="Go on exactly where the run directory stopped.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option(
    "--max-minutes", type=float, default=float("inf"), help="Save and end after so long; --resume goes on."
)
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Threads that make batches."
)
@click.option("--steps", type=click.IntRange(min=1), help="Instead of the config's.")
@click.option("--seed", type=int, help="Instead of the config's.")
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
    **overrides: Any,
) -> None:
    """Train a small generator on the paintings of a large one: it learns where it is used, on any label maps.

    Example: pix2pix distill --teacher runs/camvid/generator.safetensors
    --config configs/distill-fast.yaml --data camvid.pack --maps drives.pack
    --out runs/fast
    """
    from pix2pix import checkpoint
    from pix2pix.config import load_train_config
    from pix2pix.datasets import open_dataset, open_held_out
    from pix2pix.distill import lesson
    from pix2pix.errors import Pix2PixError
    from pix2pix.inference import choose_device
    from pix2pix.progress import counting, training_progress
    from pix2pix.trainer import train

    config = load_train_config(config_path, {k: v for k, v in overrides.items() if v is not None})
    chosen, reason = choose_device(device)
    path = checkpoint.resolve(teacher)
    generator, card = checkpoint.load(path)
    if card.classes != config.classes:
        raise Pix2PixError(
            f"{teacher} was taught the classes {list(card.classes)}, {config_path} wants {list(config.classes)}; "
            "make them the same"
        )
    photos = open_dataset(data, "train", skip=config.skip)
    drives = [open_dataset(pack, "train") for pack in maps]
    total = len(photos) + sum(len(drive) for drive in drives)
    click.echo(f"{card.name} paints {total} label maps on {chosen} ({reason})")
    with counting("painting", total) as painted:
        dataset = lesson(
            generator,
            photos,
            drives,
            device=chosen,
            real_share=real_share,
            progress=lambda done, of: painted(),
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends like Ctrl-C
    with training_progress(config.steps) as progress:
        written = train(
            config,
            dataset=dataset,
            held_out=open_held_out(data) or photos,
            out=out,
            resume=resume,
            device=chosen,
            max_minutes=max_minutes,
            workers=workers,
            progress=progress,
        )
    click.echo(f"wrote {written}; pictures are in {out / 'samples'}")
