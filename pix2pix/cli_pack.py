"""`pix2pix pack`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pix2pix.datasets import Dataset, Sample


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Photos with label maps.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The pack, a folder to make.")
@click.option("--splits", default="train,val", show_default=True, help="Those of them that are there.")
@click.option("--skip", multiple=True, help="Sequence (folder) to leave out; repeatable.")
@click.option("--size", metavar="WxH", help="Shrink every photo to this size.  [default: as they are]")
@click.option("--domain", default="", help="What the pack calls its style, such as day or bdd100k.")
@click.option("--skip-bad", is_flag=True, help="Go on without corrupt and unpaired files; each is named.")
def pack(
    data: Path, out: Path, splits: str, skip: tuple[str, ...], size: str | None, domain: str, skip_bad: bool
) -> None:
    """Decode photos and label maps once, so that loading never limits training.

    Example: pix2pix pack --data PATH/TO/cityscapes --out cityscapes.pack --size 1024x512
    """
    from pix2pix.datasets import open_dataset, open_split
    from pix2pix.datasets.pack_writer import PackWriter
    from pix2pix.datasets.resized import Resized, parse_size
    from pix2pix.progress import counting

    smaller = parse_size(size) if size else None
    bad: list[str] = []
    count = 0
    with PackWriter(out, source=str(data.name), domain=domain) as writer:
        for split in splits.split(","):
            dataset = open_split(data, split, skip=skip, skip_bad=skip_bad)
            if dataset is None:
                continue
            bad += getattr(dataset, "skipped", [])
            source = Resized(dataset, smaller) if smaller else dataset
            with counting(split, len(source)) as done:
                writer.add(split, _read(source, done, bad if skip_bad else None))
            count += 1
        if not count:
            open_dataset(data, splits.split(",")[0], skip=skip)  # says in one sentence what is missing
    for name in bad:
        click.echo(f"left out: {name}", err=True)
    click.echo(f"wrote {out}")


def _read(
    dataset: "Dataset", done: Callable[[], None], bad: list[str] | None
) -> "Iterator[tuple[str, Sample]]":
    from pix2pix.errors import Pix2PixError

    for index, name in enumerate(dataset.names):
        try:
            sample = dataset[index]
        except Pix2PixError as error:
            if bad is None:
                raise
            bad.append(str(error).split(";")[0])
            continue
        yield name, sample
        done()
