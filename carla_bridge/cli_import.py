"""`carla-bridge import`: others' label maps and recorder logs into recordings. Heavy imports stay inside."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carla_bridge.cli_options import listed
from carla_bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from carla_bridge.frames import DriveTick, RecordingMeta

_PATH = click.Path(path_type=Path)


@click.command("import")
@click.argument("source", type=_PATH)
@click.option("--out", type=_PATH, required=True, help="The recording, an .mcap.")
@click.option("--overwrite", is_flag=True, help="Replace --out if it exists.")
@click.option("--tag-table", help="The release of raw tags or colours, such as 0.9.12; or cityscapes.")
@click.option(
    "--fps",
    type=click.FloatRange(min=0.1, max=1000),
    default=20.0,
    show_default=True,
    help="Their rate; of a recorder log 10 or more, for CARLA's physics.",
)
@click.option(
    "--fov", type=click.FloatRange(min=1, max=179), default=90.0, show_default=True, help="Their lens."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Recorder logs: the server that replays them."
)
@click.option("--port", type=click.IntRange(1, 65535), default=2000, show_default=True, help="Its port.")
@click.option(
    "--takeover", is_flag=True, help="Recorder logs: use a server that is in synchronous mode already."
)
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
    takeover: bool,
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
        "server.takeover": takeover,
        "server.tag_table": tag_table,
        "session.step_s": 1 / fps,
    }
    values["layers"] = listed(layers) if layers else None
    config = load_config(None, RecordConfig, values).choose_cameras(listed(cameras)).with_size(width, height)
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
