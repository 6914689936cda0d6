"""`carla-bridge`: the commands; the only place that joins the simulator's side with the generator's.

Heavy imports stay inside the commands, so that `--help` answers at once.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from carla_bridge import (
    cli_bench,
    cli_convert,
    cli_import,
    cli_pack,
    cli_recordings,
    cli_servers,
    cli_synthesize,
)
from carla_bridge.cli_options import (
    BACKENDS,
    SHIPPED,
    edit_option,
    load_engine,
    map_option,
    options,
    threads_beside,
)
from carla_bridge.errors import BridgeError
from carla_bridge.standin.errors import StandInError
from pix2pix.commands import Commands
from pix2pix.errors import Pix2PixError

if TYPE_CHECKING:
    from carla_bridge.config import LiveConfig
    from pix2pix.inference import Engine


class BridgeCommands(Commands):
    """Our commands and the errors that they may meet."""

    errors: ClassVar[tuple[type[Exception], ...]] = (BridgeError, Pix2PixError, StandInError)


drive_options = options(
    click.option(
        "--config", "config_path", type=click.Path(path_type=Path), help="YAML, see configs/live.yaml."
    ),
    click.option(
        "--frames",
        type=click.IntRange(min=1),
        help="Stop after so many.  [default: when you close the window, or 200]",
    ),
    click.option("--out", type=click.Path(path_type=Path), help="Write label | photo to this mp4."),
    click.option(
        "--record", type=click.Path(path_type=Path), help="Keep the drive in this .mcap, to convert it again."
    ),
    click.option(
        "--stats",
        type=click.Path(path_type=Path),
        help="Write every stage's times to this .jsonl, each second.",
    ),
    click.option("--overwrite", is_flag=True, help="Replace --out, --record and --stats if they exist."),
    edit_option,
    click.option("--headless", is_flag=True, help="No window."),
    click.option("--checkpoint", help=f"A shipped name or a path.  [default: {SHIPPED}]"),
    click.option("--device", help="auto, cpu, cuda or cuda:N.  [default: auto]"),
    click.option("--backend", help=f"{BACKENDS}  [default: auto]"),
    click.option(
        "--threads",
        type=click.IntRange(min=1),
        help="Of the generator, on a CPU.  [default: all, less one for a simulator on the same machine]",
    ),
    click.option(
        "--overlap/--no-overlap",
        default=None,
        help="Let the simulator make a tick while the photo of the last is generated.  [default: overlap]",
    ),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        help="Of town, spawn point and traffic.  [default: 0]",
    ),
    click.option("--width", type=int, help="Of the camera, in pixels.  [default: 512]"),
    click.option("--height", type=int, help="Of the camera, in pixels.  [default: 256]"),
    click.option("--fov", type=float, help="Of the camera, horizontal, in degrees.  [default: 90]"),
)
# where each option stands in the config file
KEYS = {
    "host": "server.host",
    "port": "server.port",
    "takeover": "server.takeover",
    "tag_table": "server.tag_table",
    "unknown_tags": "server.unknown_tags",
    "width": "camera.width",
    "height": "camera.height",
    "fov": "camera.fov_deg",
    "seed": "session.seed",
    "vehicles": "session.vehicles",
    "walkers": "session.walkers",
    "weather": "session.weather",
    "frames": "frames",
    "checkpoint": "checkpoint",
    "device": "device",
    "backend": "backend",
    "overlap": "overlap",
    "threads": "threads",
    "edits": "edits",
}


@click.group(cls=BridgeCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="carla-bridge")
@click.option("--verbose", "-v", is_flag=True, help="Say more.")
def main(verbose: bool) -> None:
    """Turn CARLA drives into realistic driving video."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s")


@main.command()
@drive_options
@map_option
def demo(
    config_path: Path | None,
    out: Path | None,
    record: Path | None,
    stats: Path | None,
    overwrite: bool,
    headless: bool,
    maps: tuple[Path, ...],
    **given: Any,
) -> None:
    """Start the stand-in server, drive through its town and show label | photo.

    Without a screen the drive goes to an mp4 and a PNG contact sheet in recordings/.

    Example: carla-bridge demo --headless --frames 60 --out drive.mp4
    """
    from carla_bridge.show import check_outputs, show_drive
    from carla_bridge.standin.process import StandInProcess
    from carla_bridge.standin.streetscape.atlas import Atlas

    config = read_config(config_path, given)
    check_outputs(out, record=record, stats=stats, overwrite=overwrite)
    Atlas(seed=config.session.seed, files=maps)  # refuses a bad map before anything is started
    begun = StandInProcess.begin(seed=config.session.seed, map=[str(path) for path in maps])
    try:
        engine = engine_of(config)  # while the stand-in builds its town
    except BaseException:
        begun.close()
        raise
    with begun as standin:
        server = config.server.model_copy(update={"host": standin.host, "port": standin.port})
        config = config.model_copy(update={"server": server})
        ending = show_drive(
            config,
            engine,
            out=out,
            record=record,
            overwrite=overwrite,
            headless=headless,
            stats=stats,
            say=click.echo,
        )
    end_with(ending)


@main.command()
@click.option("--host", help="Where the server runs.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Its port.  [default: 2000]")
@drive_options
@click.option(
    "--takeover", is_flag=True, default=None, help="Drive a server that is in synchronous mode already."
)
@click.option(
    "--tag-table", help="Force a release's tag table, such as 0.9.14.  [default: by the server's version]"
)
@click.option("--unknown-tags", type=click.Choice(["refuse", "unlabeled"]), help="[default: refuse]")
@click.option(
    "--vehicles", type=click.IntRange(min=0), help="Spawn so many cars, driven by the Traffic Manager."
)
@click.option(
    "--walkers", type=click.IntRange(min=0), help="Spawn so many pedestrians, led by CARLA's controllers."
)
@click.option("--weather", help="A preset of CARLA's, such as WetSunset.")
def live(
    config_path: Path | None,
    out: Path | None,
    record: Path | None,
    stats: Path | None,
    overwrite: bool,
    headless: bool,
    **given: Any,
) -> None:
    """Drive on a CARLA server that is running and show label | photo.

    Example: carla-bridge live --host 127.0.0.1 --port 2000
    """
    from carla_bridge.show import check_outputs, show_drive

    config = read_config(config_path, given)
    check_outputs(out, record=record, stats=stats, overwrite=overwrite)
    engine = engine_of(config)
    end_with(
        show_drive(
            config,
            engine,
            out=out,
            record=record,
            overwrite=overwrite,
            headless=headless,
            stats=stats,
            say=click.echo,
        )
    )


def read_config(path: Path | None, given: dict[str, Any]) -> "LiveConfig":
    """Return the file's settings with what was given on the command line put over them."""
    from carla_bridge.config import LiveConfig, load_config

    given["edits"] = given["edits"] or None
    return load_config(path, LiveConfig, {KEYS[name]: value for name, value in given.items()})


def engine_of(config: "LiveConfig") -> "Engine":
    """Return the engine that a live drive's settings ask for, warmed up for its camera."""
    camera = config.camera
    return load_engine(
        config.checkpoint,
        config.device,
        config.backend,
        height=camera.height,
        width=camera.width,
        threads=config.threads or threads_beside(config.server.host, overlap=config.overlap),
    )


def end_with(ending: str) -> None:
    """Exit with 130 after Ctrl-C."""
    if ending == "interrupted":
        raise click.exceptions.Exit(130)


for _command in (
    cli_servers.standin,
    cli_servers.recover,
    cli_servers.doctor,
    cli_recordings.record,
    cli_recordings.info,
    cli_recordings.repair,
    cli_convert.convert,
    cli_import.import_,
    cli_pack.pack_command,
    cli_synthesize.synthesize,
    cli_bench.bench,
):
    main.add_command(_command)


if __name__ == "__main__":
    main()
