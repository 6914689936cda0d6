"""`pix2pix export`."""

from pathlib import Path

import click


@click.command()
@click.argument("checkpoint")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The .onnx file to write.")
@click.option("--size", default="512x256", show_default=True, help="WIDTHxHEIGHT of the label maps.")
@click.option(
    "--batch-size", type=click.IntRange(1, 64), default=1, show_default=True, help="Frames at once."
)
def export(checkpoint: str, out: Path, size: str, batch_size: int) -> None:
    """Write a generator as an ONNX file: label ids in, RGB bytes out, everything between in its graph.

    The file is run and compared with the generator before it gets its name.

    Example: pix2pix export fast --out fast.onnx --size 1024x512
    """
    from pix2pix import checkpoint as checkpoints
    from pix2pix.datasets.resized import parse_size
    from pix2pix.export import export_onnx
    from pix2pix.outputs import check_new

    width, height = parse_size(size)
    check_new(out)
    generator, card = checkpoints.load(checkpoints.resolve(checkpoint))
    off = export_onnx(generator, card, out, count=batch_size, height=height, width=width)
    click.echo(
        f"wrote {out}: label_ids ({batch_size}, {height}, {width}) uint8 to photo_rgb "
        f"({batch_size}, {height}, {width}, 3) uint8; {off:.3f} of 255 from the generator on average"
    )
