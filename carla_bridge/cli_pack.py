"""`carla-bridge pack`: label maps of drives, for `pix2pix distill` and `pix2pix evaluate --video`."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import numpy as np

    from carla_bridge.frames import StoredDrive
    from carla_bridge.labels import UnknownTags
    from carla_bridge.sources import Source
    from pix2pix.datasets import Sample


@click.command("pack")
@click.argument("sources", nargs=-1, required=True, metavar="SRC...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The pack, a folder to make.")
@click.option("--camera", multiple=True, help="Only this one of recordings; repeatable.  [default: all]")
@click.option(
    "--every", type=click.IntRange(min=1), default=1, show_default=True, help="Keep each n-th frame."
)
@click.option("--size", metavar="WxH", help="Bring every label map to this size.  [default: as they are]")
@click.option("--domain", default="", help="What the pack calls its style, such as day.")
@click.option(
    "--tag-table", help="Of folders and videos: the release of raw tags, such as 0.9.12; or cityscapes."
)
@click.option(
    "--unknown-tags",
    type=click.Choice(["refuse", "unlabeled"]),
    default="refuse",
    show_default=True,
    help="Tags without a row in the table.",
)
def pack_command(
    sources: tuple[str, ...],
    out: Path,
    camera: tuple[str, ...],
    every: int,
    size: str | None,
    domain: str,
    tag_table: str | None,
    unknown_tags: "UnknownTags",
) -> None:
    """Pack the label maps of recordings and folders, as Cityscapes label ids, in the order of the drive.

    Photos come along where a recording has them (convert --into-recording).

    Example: carla-bridge pack 'drives/*.mcap' --every 5 --out drives.pack
    """
    from carla_bridge.progress import frame_progress
    from carla_bridge.sources import ImportSettings, find_paths, sources_of, told_apart
    from pix2pix.datasets.pack_writer import PackWriter
    from pix2pix.datasets.resized import parse_size

    settings = ImportSettings(release=tag_table)
    found = told_apart(source for path in find_paths(sources) for source in sources_of(path, settings))
    chosen = _of_cameras(found, camera)
    new_size = parse_size(size) if size else None
    writer = PackWriter(out, source=", ".join(source.name for source in chosen), domain=domain)
    with writer as pack, frame_progress(None, "packing") as progress:
        pack.add("train", _counted(_samples(chosen, every, new_size, unknown_tags), progress))
    click.echo(f"wrote {out}: {writer.counts['train']} label maps of {len(chosen)} cameras")


def _of_cameras(found: "list[Source]", cameras: tuple[str, ...]) -> "list[Source]":
    from carla_bridge.errors import BridgeError

    chosen = [source for source in found if not cameras or source.camera in cameras]
    if not chosen:
        there = ", ".join(sorted({source.camera for source in found}))
        raise BridgeError(f"no drive has a camera {', '.join(cameras)}; there are {there}")
    return chosen


def _samples(
    sources: "list[Source]", every: int, size: tuple[int, int] | None, unknown: "UnknownTags"
) -> "Iterator[tuple[str, Sample]]":
    from carla_bridge.labels import tag_table
    from pix2pix.datasets import Sample
    from pix2pix.datasets.resized import resized

    for source in sources:
        with source.open() as drive, closing(_photos(source, drive)) as photos:
            table = tag_table(drive.meta.tag_table)
            for place, (frame, photo_rgb) in enumerate(zip(drive, photos, strict=False)):
                if place % every == 0:
                    label_ids = table.label_ids(frame.tags, unknown=unknown)
                    sample = Sample(_of_its_size(photo_rgb, label_ids), label_ids, None, 0)
                    yield f"{source.name}/{frame.tick:08d}", resized(sample, size) if size else sample


def _photos(source: "Source", drive: "StoredDrive") -> "Generator[np.ndarray | None, None, None]":
    """Yield the photo of each frame; None for every frame of a drive without photos."""
    from carla_bridge.packets import decoded
    from carla_bridge.recording.errors import OtherPhotos
    from carla_bridge.recording.reader import RecordedDrive

    pictures = decoded(source.path, drive.photos()) if isinstance(drive, RecordedDrive) else iter(())
    first = next(pictures, None)
    if first is None:
        yield from repeat(None)
    else:
        yield first
        yield from pictures
        raise OtherPhotos(source.path, source.camera, "fewer")


def _of_its_size(photo_rgb: "np.ndarray | None", label_ids: "np.ndarray") -> "np.ndarray | None":
    """Return the photo without the row and the column that H.264 may have needed to be even."""
    return None if photo_rgb is None else photo_rgb[: label_ids.shape[0], : label_ids.shape[1]]


def _counted(
    samples: "Iterable[tuple[str, Sample]]", progress: "Callable[[int], object]"
) -> "Iterator[tuple[str, Sample]]":
    for done, sample in enumerate(samples, start=1):
        yield sample
        progress(done)
