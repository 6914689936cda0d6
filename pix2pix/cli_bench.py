"""`pix2pix bench`."""

import json
from pathlib import Path

import click

from pix2pix.cli_options import device_option


@click.command()
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    help="Shipped name or file; repeatable.  [default: all shipped]",
)
@click.option(
    "--size", "sizes", multiple=True, help="WIDTHxHEIGHT; repeatable.  [default: 512x256 and 1024x512]"
)
@click.option("--backend", "backends", multiple=True, help="Repeatable.  [default: all that can run here]")
@device_option
@click.option(
    "--batch-size", type=click.IntRange(1, 64), default=1, show_default=True, help="Frames at once."
)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=9, show_default=True, help="Timed calls of each."
)
@click.option("--threads", type=click.IntRange(min=1), help="Of the CPU.  [default: torch's choice]")
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Write the figures to this file, too."
)
def bench(
    checkpoints: tuple[str, ...],
    sizes: tuple[str, ...],
    backends: tuple[str, ...],
    device: str,
    batch_size: int,
    rounds: int,
    threads: int | None,
    json_path: Path | None,
) -> None:
    """Measure generators on every back end, taking turns with the paper's U-Net.

    Label ids in, bytes out. What a back end builds is kept on disk, so a second run starts sooner.

    Example: pix2pix bench --checkpoint fast --size 512x256 --json bench.json
    """
    import torch

    import pix2pix
    from pix2pix.backends import available
    from pix2pix.benchmark import as_json, machine, markdown
    from pix2pix.benchmark import bench as measure
    from pix2pix.checkpoint import shipped_names
    from pix2pix.datasets.resized import parse_size
    from pix2pix.inference import choose_device
    from pix2pix.outputs import check_new, writing

    pairs = [parse_size(size) for size in sizes or ("512x256", "1024x512")]
    if json_path:
        check_new(json_path)
    if threads:
        torch.set_num_threads(threads)
    chosen, _ = choose_device(device)
    names = backends or available(chosen)
    engines = [
        pix2pix.load(checkpoint, device=chosen, backend=name)
        for checkpoint in checkpoints or shipped_names()
        for name in names
    ]
    about = machine()
    click.echo(", ".join(f"{key} {value}" for key, value in about.items() if key != "versions"))
    click.echo(
        ", ".join(f"{name} {version or 'not installed'}" for name, version in about["versions"].items())
    )
    rows = []
    for width, height in pairs:
        rows += measure(engines, width, height, batch_size=batch_size, rounds=rounds)
    click.echo(markdown(rows))
    if json_path:
        told = {"machine": about, "rounds": rounds, "rows": as_json(rows)}
        with writing(json_path) as partial:
            partial.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
