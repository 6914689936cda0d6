"""`carla-bridge pack`: label maps of drives, for `pix2pix distill` and `pix2pix evaluate --drive`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from carla_bridge.sources import Source
    from pix2pix.datasets import Sample

_PATH = click.Path(path_type=Path)


@click.command("pack")
@click.argument("sources", nargs=-1, required=True, metavar="SRC...")
@click.option("--out", type=_PATH, required=True, help="The pack, a folder to make.")
@click.option(
    "--every", type=click.IntRange(min=1), default=1, show_default=True, help="Keep each n-th frame."
)
@click.option(
    "--tag-table", help="Of folders and videos: the release of raw tags, such as 0.9.12; or cityscapes."
)
def pack_command(sources: tuple[str, ...], out: Path, every: int, tag_table: str | None) -> None:
    """Pack the label maps of recordings and folders, as Cityscapes label ids, in the order of the drive.

    Example: carla-bridge pack 'drives/*.mcap' --every 5 --out drives.pack
    """
    from carla_bridge.progress import frame_progress
    from carla_bridge.sources import ImportSettings, find_paths, sources_of
    from pix2pix.datasets.pack_writer import PackWriter

    settings = ImportSettings(release=tag_table)
    found = [source for path in find_paths(sources) for source in sources_of(path, settings)]
    with PackWriter(out, source=", ".join(sources)) as pack, frame_progress(None, "packing") as progress:
        pack.add("train", _counted(_maps(found, every), progress))
    click.echo(f"wrote {out}: label maps of {len(found)} cameras")


def _maps(sources: "list[Source]", every: int) -> "Iterator[tuple[str, Sample]]":
    from carla_bridge.labels import tag_table
    from pix2pix.datasets import Sample

    for source in sources:
        with source.open() as drive:
            table = tag_table(drive.meta.tag_table)
            for place, frame in enumerate(drive):
                if place % every == 0:
                    label_ids = table.label_ids(frame.tags, unknown="unlabeled")
                    yield f"{source.name}/{frame.tick}", Sample(None, label_ids, None, 0)


def _counted(
    samples: "Iterable[tuple[str, Sample]]", progress: "Callable[[int], object]"
) -> "Iterator[tuple[str, Sample]]":
    for done, sample in enumerate(samples, start=1):
        yield sample
        progress(done)
