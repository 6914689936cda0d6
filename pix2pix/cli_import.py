"""`pix2pix import-weights`."""

from pathlib import Path

import click


@click.command("import-weights")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The .safetensors file to write.")
@click.option(
    "--classes",
    help="Cityscapes label ids that the generator was taught, e.g. 7,8,11,21,23,26 (default: all of 4 to 33).",
)
@click.option("--running", is_flag=True, help="Keep batch norm's running averages (the published --eval).")
@click.option("--data", default="unknown", help="What it was trained on, for the card.")
@click.option("--licence", default="unknown", help="Of the weights, for the card.")
def import_weights(
    source: Path, out: Path, classes: str | None, running: bool, data: str, licence: str
) -> None:
    """Make a checkpoint of a published pix2pix generator (U-Net, palette in, photo out).

    The published test script normalises each picture by its own statistics, and so does the checkpoint, unless
    --running. The pickled file is read as tensors only; nothing in it is run.

    Example: pix2pix import-weights latest_net_G.pth --out cityscapes.safetensors --classes 7,8,11,21,23,26
    """
    from pix2pix.importing import import_published, parse_classes

    card = import_published(
        source, out, classes=parse_classes(classes), running=running, data=data, licence=licence
    )
    config = card.generator
    click.echo(
        f"wrote {out}: U-Net of {config.levels} levels, width {config.width}, {config.norm} norm, "
        f"{len(card.classes)} classes"
    )
