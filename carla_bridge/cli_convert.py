"""`carla-bridge convert` and `import`: stored drives into video, and others' label maps into recordings."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carla_bridge.cli_options import SHIPPED, options
from carla_bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carla_bridge.convert import ConvertSettings
    from carla_bridge.frames import DriveTick, RecordingMeta
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
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Recorder logs: the server that replays them."
)
@click.option("--port", type=click.IntRange(1, 65535), default=2000, show_default=True, help="Its port.")
@click.option("--ego", type=int, help="Recorder logs: the vehicle's number.  [default: the one called hero]")
@click.option(
    "--cameras", default="front", show_default=True, help="Recorder logs: such as front,left,right,rear."
)
@click.option("--layers", help="Recorder logs: besides the tags: instance,depth,rgb,flow.  [default: none]")
@click.option("--width", type=int, help="Recorder logs: of every picture, in pixels.  [default: 512]")
@click.option("--height", type=int, help="Recorder logs: of every picture, in pixels.  [default: 256]")
def import_(
    source: Path, out: Path, overwrite: bool, tag_table: str | None, fps: float, fov: float, **replaying: Any
) -> None:
    """Make a recording of what you have: label maps, or one of CARLA's recorder logs.

    Label maps are a folder of PNG as CARLA's save_to_disk writes them (raw or in the Cityscapes palette) or of
    Cityscapes labelIds, an .npy or .npz, or a lossless video; frames go by the numbers in their names. A recorder
    log (.log) is replayed by a server, which reads it from its own disk, with our cameras on the ego vehicle.

    Example: carla-bridge import _out --tag-table 0.9.12 --out old-drive.mcap
    """
    from carla_bridge.outputs import make_room

    if out.suffix != ".mcap":
        raise BridgeError(f"--out {out} must end in .mcap")
    make_room(out, overwrite=overwrite)
    if source.suffix == ".log":
        _import_log(source, out, overwrite, tag_table, fps, **replaying)
    else:
        _import_maps(source, out, overwrite, tag_table, fps, fov)


def _import_maps(
    source: Path, out: Path, overwrite: bool, tag_table: str | None, fps: float, fov: float
) -> None:
    from carla_bridge.frames import DriveTick
    from carla_bridge.importers.drives import open_import

    with open_import(source, release=tag_table, fps_hz=fps, fov_deg=fov) as drive:
        if tag_table is None:
            click.echo(f"labels read by the table of {drive.meta.tag_table}; --tag-table says otherwise")
        ticks = (DriveTick((frame,)) for frame in drive)
        _write(ticks, drive.recording, out, len(drive), overwrite=overwrite)


def _import_log(
    source: Path,
    out: Path,
    overwrite: bool,
    tag_table: str | None,
    fps: float,
    *,
    host: str,
    port: int,
    ego: int | None,
    cameras: str,
    layers: str | None,
    width: int | None,
    height: int | None,
) -> None:
    from carla_bridge.config import RecordConfig, load_config
    from carla_bridge.replay import ReplayedDrive

    values = {
        "server.host": host,
        "server.port": port,
        "server.tag_table": tag_table,
        "session.step_s": 1 / fps,
    }
    values["layers"] = layers.split(",") if layers else None
    config = (
        load_config(None, RecordConfig, values).choose_cameras(cameras.split(",")).with_size(width, height)
    )
    with ReplayedDrive.open(
        str(source),
        config.server,
        cameras=config.cameras,
        layers=config.layers,
        ego=ego,
        step_s=config.session.step_s,
    ) as drive:
        click.echo(f"replaying in {drive.recording.map_name}, server {drive.recording.server_version}")
        _write(drive.ticks(), drive.recording, out, len(drive), overwrite=overwrite)


def _write(
    ticks: "Iterable[DriveTick]", recording: "RecordingMeta", out: Path, length: int, *, overwrite: bool
) -> None:
    from carla_bridge.progress import frame_progress
    from carla_bridge.record import run_record
    from carla_bridge.recording.writer import DriveWriter

    with (
        DriveWriter(out, recording, overwrite=overwrite) as writer,
        frame_progress(length, "importing") as progress,
    ):
        result = run_record(ticks, writer, progress=progress)
        if result.ending == "interrupted":
            raise KeyboardInterrupt  # half an import is no recording; it keeps its partial name
    click.echo(f"wrote {result.frames} frames to {out}")
