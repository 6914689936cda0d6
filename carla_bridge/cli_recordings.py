"""`carla-bridge record`, `info` and `repair`: drives on disk. Heavy imports stay inside the commands."""

from pathlib import Path
from typing import Any

import click

from carla_bridge.cli_options import listed, options

_FILE = click.Path(path_type=Path)
record_options = options(
    click.option("--host", help="Where the server runs.  [default: 127.0.0.1]"),
    click.option("--port", type=click.IntRange(1, 65535), help="Its port.  [default: 2000]"),
    click.option("--config", "config_path", type=_FILE, help="YAML, see configs/record.yaml."),
    click.option("--out", type=_FILE, required=True, help="The recording, an .mcap."),
    click.option("--overwrite", is_flag=True, help="Replace --out if it exists."),
    click.option("--frames", type=click.IntRange(min=1), help="Stop after so many.  [default: at Ctrl-C]"),
    click.option(
        "--cameras", help="Such as front,left,right,rear, or names of the config.  [default: front]"
    ),
    click.option("--layers", help="Besides the tags: instance,depth,rgb,flow.  [default: none]"),
    click.option("--width", type=int, help="Of every picture, in pixels.  [default: 512]"),
    click.option("--height", type=int, help="Of every picture, in pixels.  [default: 256]"),
    click.option("--seed", type=click.IntRange(min=0), help="Of spawn point and traffic.  [default: 0]"),
    click.option(
        "--vehicles", type=click.IntRange(min=0), help="Spawn so many cars, driven by the Traffic Manager."
    ),
    click.option(
        "--walkers", type=click.IntRange(min=0), help="Spawn so many pedestrians, led by CARLA's controllers."
    ),
    click.option("--weather", help="A preset of CARLA's, such as WetSunset."),
    click.option(
        "--asynchronous",
        is_flag=True,
        help="Don't tick and don't make the server wait; what is missed is counted. For servers that others drive.",
    ),
    click.option(
        "--takeover", is_flag=True, default=None, help="Drive a server that is in synchronous mode already."
    ),
)
# where each option stands in the config file
KEYS = {
    "host": "server.host",
    "port": "server.port",
    "takeover": "server.takeover",
    "seed": "session.seed",
    "vehicles": "session.vehicles",
    "walkers": "session.walkers",
    "weather": "session.weather",
    "frames": "frames",
}


@click.command()
@record_options
def record(
    config_path: Path | None,
    out: Path,
    overwrite: bool,
    cameras: str | None,
    layers: str | None,
    width: int | None,
    height: int | None,
    asynchronous: bool,
    **given: Any,
) -> None:
    """Drive on a CARLA server and keep every tick of every camera in one file.

    The file opens in Foxglove and Rerun as it is; a killed recording is readable up to its last chunk.

    Example: carla-bridge record --port 2000 --frames 300 --cameras front,left,right --out drive.mcap
    """
    from carla_bridge.config import RecordConfig, load_config
    from carla_bridge.errors import BridgeError
    from carla_bridge.outputs import make_room
    from carla_bridge.progress import frame_progress
    from carla_bridge.record import run_record
    from carla_bridge.recording.writer import DriveWriter
    from carla_bridge.session import LiveDrive
    from carla_bridge.timing import StageTimes

    values = {KEYS[name]: value for name, value in given.items()}
    values["layers"] = listed(layers) if layers else None
    values["session.synchronous"] = False if asynchronous else None
    config = load_config(config_path, RecordConfig, values)
    if cameras:
        config = config.choose_cameras(listed(cameras))
    config = config.with_size(width, height)
    if out.suffix != ".mcap":
        raise BridgeError(f"--out {out} must end in .mcap")
    make_room(out, overwrite=overwrite)
    times = StageTimes()
    with LiveDrive.open(
        config.server, cameras=config.cameras, layers=config.layers, session=config.session, times=times
    ) as drive:
        click.echo(f"driving in {drive.meta.map_name}, server {drive.meta.server_version}")
        with (
            DriveWriter(out, drive.recording, overwrite=overwrite) as writer,
            frame_progress(config.frames, "recording") as progress,
        ):
            result = run_record(drive.ticks(), writer, frames=config.frames, times=times, progress=progress)
    click.echo(f"wrote {result.frames} frames of {len(config.cameras)} cameras to {out}")
    if not config.session.synchronous:
        click.echo(
            f"the server did not wait: {result.missed} ticks never came, {result.dropped} came too fast to be written"
        )
    for stage in times.stages():
        p50_ms, p95_ms = times.quantiles_ms(stage)
        click.echo(f"  {stage:<9}{p50_ms:8.1f} ms median {p95_ms:8.1f} ms p95")
    if not config.session.synchronous:
        _leave(130 if result.ending == "interrupted" else 0)
    if result.ending == "interrupted":
        raise click.exceptions.Exit(130)


def _leave(code: int) -> None:
    """End the process at once: everything is written and put back.

    A Traffic Manager that was not in step with the ticks aborts one process in ten at its ordinary end (CARLA 0.9.16).
    """
    import os
    import sys

    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@click.command()
@click.argument("recordings", type=_FILE, nargs=-1, required=True)
def info(recordings: tuple[Path, ...]) -> None:
    """Say what is in recordings, finished or not.

    Example: carla-bridge info drive.mcap
    """
    from carla_bridge.recording.info import describe

    for path in recordings:
        for line in describe(path):
            click.echo(line)


@click.command()
@click.argument("recording", type=_FILE)
@click.option("--overwrite", is_flag=True, help="Replace an earlier repaired copy.")
def repair(recording: Path, overwrite: bool) -> None:
    """Make a cut or damaged recording whole, in a copy beside it.

    Example: carla-bridge repair drive.partial.mcap
    """
    from carla_bridge.recording.repair import repair as mend

    repaired = mend(recording, overwrite=overwrite)
    click.echo(
        f"saved {repaired.frames} frames to {repaired.path}; {repaired.lost_chunks} damaged chunks left out"
    )
