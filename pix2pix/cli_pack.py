"""`pix2pix pack`."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pix2pix.datasets import Dataset, Sample


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Photos with label maps.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The pack, a folder to make.")
@click.option("--splits", default="train,val", show_default=True, help="Those of them that are there.")
@click.option("--skip", multiple=True, help="Sequence (folder) to leave out; repeatable.")
@click.option("--only", multiple=True, help="Sequence (folder) to keep, such as a city; repeatable.")
@click.option("--size", metavar="WxH", help="Bring every photo to this size.  [default: as they are]")
@click.option("--domain", default="", help="What the pack calls its style, such as day or bdd100k.")
@click.option("--licence", default="", help="Of the data, for the pack's index.")
@click.option(
    "--labels-on",
    type=click.Choice(["left", "right"]),
    help="Which half of aligned pictures holds the labels.  [default: found out by its colours]",
)
@click.option("--skip-bad", is_flag=True, help="Go on without corrupt and unpaired files; each is named.")
def pack(
    data: Path, out: Path, splits: str, size: str | None, domain: str, licence: str, **selected: Any
) -> None:
    """Decode photos and label maps once, so that loading never limits training.

    Layouts: Cityscapes (leftImg8bit/, gtFine/), BDD100K (images/10k/, labels/sem_seg/masks/), aligned pictures
    (train/*.jpg with photo and label colours side by side).

    Example: pix2pix pack --data PATH/TO/cityscapes --out cityscapes.pack --size 1024x512
    """
    from pix2pix.datasets import Selection, open_split
    from pix2pix.datasets.pack_writer import PackWriter
    from pix2pix.datasets.resized import Resized, parse_size
    from pix2pix.progress import counting

    selection = Selection(**selected)
    new_size = parse_size(size) if size else None
    bad: list[str] = []
    with PackWriter(out, source=data.name, domain=domain, licence=licence) as writer:
        opened = {split: open_split(data, split, selection) for split in _names(splits)}
        there = {split: dataset for split, dataset in opened.items() if dataset is not None}
        _check_any(there, data, splits)
        for split, dataset in there.items():
            for note in getattr(dataset, "notes", []):
                click.echo(note)
            bad += getattr(dataset, "skipped", [])
            source = Resized(dataset, new_size) if new_size else dataset
            with counting(split, len(source)) as done:
                writer.add(split, _readable(source, done, bad, go_on=selection.skip_bad))
        _check(bad, writer.counts, go_on=selection.skip_bad)
    for name in bad:
        click.echo(f"left out: {name}", err=True)
    click.echo(f"wrote {out}: " + ", ".join(f"{count} of {split}" for split, count in writer.counts.items()))


def _names(splits: str) -> list[str]:
    from pix2pix.errors import Pix2PixError

    names = [name.strip() for name in splits.split(",")]
    if not all(re.fullmatch("[a-z0-9]+", name) for name in names):
        raise Pix2PixError(f"the splits {splits!r} are none; name them such as train,val")
    return names


def _check_any(there: "dict[str, Dataset]", data: Path, splits: str) -> None:
    from pix2pix.datasets import open_dataset

    if not there:
        open_dataset(data, _names(splits)[0])  # says in one sentence what is missing


def _check(bad: list[str], counts: dict[str, int], *, go_on: bool) -> None:
    """Refuse a pack of which something can't be read, or of which nothing can."""
    from pix2pix.datasets.files import listed
    from pix2pix.errors import Pix2PixError

    if bad and not go_on:
        raise Pix2PixError(
            f"{len(bad)} pairs can't be used: {listed(bad)}; restore them or go on without them by --skip-bad"
        )
    if not all(counts.values()):
        raise Pix2PixError(f"no pair of a split can be used: {listed(bad)}; restore them")


def _readable(
    dataset: "Dataset", done: Callable[[], None], bad: list[str], *, go_on: bool
) -> "Iterator[tuple[str, Sample]]":
    """Yield the samples that can be read; name the others in `bad`, after which nothing more is worth writing."""
    from pix2pix.errors import Pix2PixError

    for index, name in enumerate(dataset.names):
        try:
            sample = dataset[index]
        except Pix2PixError as error:
            bad.append(str(error).split(";")[0])
        else:
            if go_on or not bad:
                yield name, sample
        done()
