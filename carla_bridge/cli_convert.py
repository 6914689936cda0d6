"""`carla-bridge convert` and `import`: stored drives into video, and others' label maps into recordings."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carla_bridge.cli_options import SHIPPED, options
from carla_bridge.errors import BridgeError

if TYPE_CHECKING:
    from carla_bridge.convert import ConvertSettings
    from carla_bridge.sources import Source
    from pix2pix.inference import Engine

_PATH = click.Path(path_type=Path)
import_options = options(
    click.option("--tag-table", help="The release of raw tags or colours, such as 0.9.12; or cityscapes."),
    click.option(
        "--fps", type=click.FloatRange(min=0.1, max=1000), default=20.0, show_default=True, help="Their rate."
    ),
    click.option(
        "--fov", type=click.FloatRange(min=1, max=179), default=90.0, show_default=True, help="Their lens."
    ),
)


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option("--out", type=_PATH, required=True, help="The folder for videos and manifests.")
@click.option("--checkpoint", default=SHIPPED, show_default=True, help="A shipped name or a path.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option("--side-by-side", is_flag=True, help="Label | photo instead of the photo alone.")
@click.option("--images", type=click.Choice(["png", "jpg"]), help="Every photo as a file of its own, too.")
@click.option(
    "--batch-size", type=click.IntRange(1, 256), default=4, show_default=True, help="Frames at once."
)
@click.option(
    "--crf", type=click.IntRange(0, 51), default=20, show_default=True, help="Smaller: better and larger."
)
@click.option(
    "--unknown-tags", type=click.Choice(["refuse", "unlabeled"]), default="refuse", show_default=True
)
@click.option("--overwrite", is_flag=True, help="Replace videos that were made otherwise.")
@import_options
def convert(
    sources: tuple[str, ...],
    out: Path,
    checkpoint: str,
    device: str,
    side_by_side: bool,
    images: str | None,
    batch_size: int,
    crf: int,
    unknown_tags: str,
    overwrite: bool,
    tag_table: str | None,
    fps: float,
    fov: float,
) -> None:
    """Turn recordings, folders of label maps and globs of them into realistic video, one mp4 per camera.

    Stopped or killed, the same command goes on where it was; what is done is skipped.

    Example: carla-bridge convert drive.mcap 'old/*.mcap' --out videos --side-by-side
    """
    from carla_bridge.convert import ConvertSettings
    from carla_bridge.sources import ImportSettings, check_names, find_paths, sources_of

    importing = ImportSettings(tag_table, fps, fov)
    settings = ConvertSettings(
        side_by_side=side_by_side,
        images=images,
        batch_size=batch_size,
        crf=crf,
        tag_table=tag_table,
        unknown_tags="unlabeled" if unknown_tags == "unlabeled" else "refuse",
    )
    found, failures = [], []
    for path in find_paths(sources):
        try:
            found += list(sources_of(path, importing))
        except BridgeError as error:
            failures.append(str(error))
    check_names(found)
    if found:
        failures += _convert_all(found, out, settings, checkpoint, device, overwrite=overwrite)
    for failure in failures:
        click.echo(f"failed: {failure}", err=True)
    if failures:
        raise BridgeError(f"{len(failures)} of {len(found) + len(failures)} items failed; the rest is done")


def _convert_all(
    sources: "list[Source]",
    out: Path,
    settings: "ConvertSettings",
    checkpoint: str,
    device: str,
    *,
    overwrite: bool,
) -> list[str]:
    """Convert each source that is not done yet; return a sentence per failure."""
    import hashlib

    import pix2pix
    from carla_bridge.convert import Identity, is_converted
    from pix2pix.checkpoint import resolve

    checkpoint_sha256 = hashlib.sha256(resolve(checkpoint).read_bytes()).hexdigest()
    engine = pix2pix.load(checkpoint, device=device)
    click.echo(f"engine: {engine.description}")
    failures = []
    for source in sources:
        video = out / f"{source.name}.mp4"
        identity = Identity(
            source=source.path.name,
            source_sha256=source.sha256(),
            camera=source.camera,
            checkpoint=engine.card.name,
            checkpoint_sha256=checkpoint_sha256,
            engine=f"{engine.device.type} {engine.dtype}",
            settings=settings,
        )
        if is_converted(video, identity):
            click.echo(f"{video} is done already")
            continue
        try:
            _convert_one(source, engine, video, identity, overwrite=overwrite)
        except BridgeError as error:
            failures.append(str(error))
    return failures


def _convert_one(
    source: "Source", engine: "Engine", video: Path, identity: object, *, overwrite: bool
) -> None:
    from carla_bridge.convert import Identity, convert
    from carla_bridge.progress import frame_progress

    assert isinstance(identity, Identity)
    with source.open() as drive, frame_progress(len(drive), source.name) as progress:
        frames = convert(drive, engine, video, identity, overwrite=overwrite, progress=progress)
    click.echo(f"wrote {frames} frames to {video}")


@click.command("import")
@click.argument("source", type=_PATH)
@click.option("--out", type=_PATH, required=True, help="The recording, an .mcap.")
@click.option("--overwrite", is_flag=True, help="Replace --out if it exists.")
@import_options
def import_(source: Path, out: Path, overwrite: bool, tag_table: str | None, fps: float, fov: float) -> None:
    """Make a recording of label maps that you have: a folder of PNG, an .npy or .npz, a lossless video.

    PNG as CARLA's save_to_disk writes them, raw or in the Cityscapes palette, or Cityscapes labelIds. Frames are
    put in the order of the frame numbers in their names.

    Example: carla-bridge import _out --tag-table 0.9.12 --out old-drive.mcap
    """
    from carla_bridge.frames import DriveTick
    from carla_bridge.importers.drives import open_import
    from carla_bridge.progress import frame_progress
    from carla_bridge.recording.writer import DriveWriter

    if out.suffix != ".mcap":
        raise BridgeError(f"--out {out} must end in .mcap")
    with open_import(source, release=tag_table, fps_hz=fps, fov_deg=fov) as drive:
        if tag_table is None:
            click.echo(f"labels read by the table of {drive.meta.tag_table}; --tag-table says otherwise")
        with (
            DriveWriter(out, drive.recording, overwrite=overwrite) as writer,
            frame_progress(len(drive), "importing") as progress,
        ):
            for number, frame in enumerate(drive, start=1):
                writer.write(DriveTick((frame,)))
                progress(number)
    click.echo(f"wrote {number} frames to {out}")
