"""`carla-bridge`: the commands; the only place that joins the simulator's side with the generator's.

Heavy imports stay inside the commands, so that `--help` answers at once.
"""

import logging
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from carla_bridge import cli_convert, cli_import, cli_recordings
from carla_bridge.cli_options import SHIPPED, address_options, confirmed, load_engine, options
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
    click.option("--overwrite", is_flag=True, help="Replace --out and --record if they exist."),
    click.option("--headless", is_flag=True, help="No window."),
    click.option("--checkpoint", help=f"A shipped name or a path.  [default: {SHIPPED}]"),
    click.option("--device", help="auto, cpu, cuda or cuda:N.  [default: auto]"),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        help="Of town, spawn point and traffic.  [default: 0]",
    ),
    click.option("--width", type=int, help="Of the camera, in pixels.  [default: 512]"),
    click.option("--height", type=int, help="Of the camera, in pixels.  [default: 256]"),
    click.option("--fov", type=float, help="Of the camera, horizontal, in degrees.  [default: 90]"),
)
map_option = click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="An OpenDRIVE map, or a folder of them, for the stand-in; the first is loaded. May be repeated.",
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
    "weather": "session.weather",
    "frames": "frames",
    "checkpoint": "checkpoint",
    "device": "device",
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
    from carla_bridge.standin.atlas import Atlas
    from carla_bridge.standin.process import StandInProcess

    config = read_config(config_path, given)
    check_outputs(out, record=record, overwrite=overwrite)
    Atlas(seed=config.session.seed, files=maps)  # refuses a bad map before anything is started
    engine = engine_of(config)
    with StandInProcess(seed=config.session.seed, map=[str(path) for path in maps]) as standin:
        server = config.server.model_copy(update={"host": standin.host, "port": standin.port})
        config = config.model_copy(update={"server": server})
        ending = show_drive(
            config, engine, out=out, record=record, overwrite=overwrite, headless=headless, say=click.echo
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
@click.option("--weather", help="A preset of CARLA's, such as WetSunset.")
def live(
    config_path: Path | None,
    out: Path | None,
    record: Path | None,
    overwrite: bool,
    headless: bool,
    **given: Any,
) -> None:
    """Drive on a CARLA server that is running and show label | photo.

    Example: carla-bridge live --host 127.0.0.1 --port 2000
    """
    from carla_bridge.show import check_outputs, show_drive

    config = read_config(config_path, given)
    check_outputs(out, record=record, overwrite=overwrite)
    engine = engine_of(config)
    end_with(
        show_drive(
            config, engine, out=out, record=record, overwrite=overwrite, headless=headless, say=click.echo
        )
    )


def read_config(path: Path | None, given: dict[str, Any]) -> "LiveConfig":
    """Return the file's settings with what was given on the command line put over them."""
    from carla_bridge.config import LiveConfig, load_config

    return load_config(path, LiveConfig, {KEYS[name]: value for name, value in given.items()})


def engine_of(config: "LiveConfig") -> "Engine":
    """Return the engine that a live drive's settings ask for, warmed up for its camera."""
    camera = config.camera
    return load_engine(config.checkpoint, config.device, height=camera.height, width=camera.width)


@main.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; loopback by default."
)
@click.option(
    "--port", type=click.IntRange(0, 65534), default=2000, show_default=True, help="0: any free one."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Which town.")
@click.option(
    "--vehicles", type=click.IntRange(0, 200), default=10, show_default=True, help="Cars of its own."
)
@click.option(
    "--walkers", type=click.IntRange(0, 500), default=14, show_default=True, help="Walkers of its own."
)
@map_option
@click.option(
    "--recordings",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of CARLA's recorder logs; by default one in your cache.",
)
@click.option(
    "--max-clients", type=click.IntRange(min=1), default=32, show_default=True, help="More are refused."
)
@click.option(
    "--max-streams", type=click.IntRange(min=1), default=64, show_default=True, help="More are refused."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="SPEC",
    help="Let something go wrong, to test a client: drop:camera@20x3, delay:camera:0.5s, cut:camera@20, "
    "refuse:vehicle.*, error:get_map_data, late:METHOD:2s, garbage:METHOD, freeze:2.5s@10, die@30. "
    "@20x3 means from the clients' tick 20 on, 3 times. May be given several times; see docs/standin.md.",
)
def standin(**given: Any) -> None:
    """Run the stand-in: a small town behind CARLA 0.9.16's own protocol.

    Example: carla-bridge standin --port 2000 --seed 7
    """
    from carla_bridge.signals import terminable
    from carla_bridge.standin.faults import FaultError
    from carla_bridge.standin.server import StandIn

    with ExitStack() as stack:
        stack.enter_context(terminable())
        try:
            server = stack.enter_context(StandIn(**given))
        except FaultError as error:
            raise click.UsageError(str(error)) from error
        if not is_loopback(server.host):
            click.echo(
                f"warning: anybody on the network can drive this server: it listens on {server.host}, "
                "and CARLA's protocol knows no password",
                err=True,
            )
        click.echo(
            f"stand-in for a CARLA 0.9.16 server (not CARLA itself), town {server.town}, "
            f"at {server.host}:{server.port}; Ctrl-C ends it"
        )
        threading.Event().wait()


def is_loopback(host: str) -> bool:
    """Say whether an address to listen on can be reached from this machine alone."""
    return host == "localhost" or host == "::1" or host.startswith("127.")


@main.command()
@address_options
@click.option("--yes", is_flag=True, help="Do it without asking.")
def recover(host: str, port: int, yes: bool) -> None:
    """Free a server that was left in synchronous mode or full of orphaned actors.

    Says what it would do before it does it.

    Example: carla-bridge recover --port 2000
    """
    from carla_bridge import recover as recovery

    plan = recovery.plan(host, port)
    if not plan.needed:
        click.echo(f"nothing to do: the server at {host}:{port} is free")
        return
    click.echo(f"the server at {host}:{port} needs this:")
    for sentence in plan.sentences():
        click.echo(f"  {sentence}")
    if not yes and not confirmed("Do it?"):
        click.echo("nothing was changed")
        return
    recovery.execute(plan)
    click.echo("done")


@main.command()
@address_options
@click.option("--checkpoint", default=SHIPPED, show_default=True, help="A shipped name or a path.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
def doctor(host: str, port: int, checkpoint: str, device: str) -> None:
    """Say what is installed and what would be used, with a next step for each problem.

    Example: carla-bridge doctor --port 2000
    """
    from carla_bridge.doctor import examine

    def describe_engine() -> str:
        import pix2pix

        try:
            return str(pix2pix.load(checkpoint, device=device).description)
        except Pix2PixError as error:
            raise BridgeError(str(error)) from error

    for check in examine(host, port, describe_engine=describe_engine, out=Path("recordings")):
        click.secho("ok    " if check.ok else "look  ", fg="green" if check.ok else "yellow", nl=False)
        click.echo(f"{check.name}: {check.finding}")
        if not check.ok and check.next_step:
            click.echo(f"      → {check.next_step}")


def end_with(ending: str) -> None:
    """Exit with 130 after Ctrl-C."""
    if ending == "interrupted":
        raise click.exceptions.Exit(130)


for _command in (
    cli_recordings.record,
    cli_recordings.info,
    cli_recordings.repair,
    cli_convert.convert,
    cli_import.import_,
):
    main.add_command(_command)


if __name__ == "__main__":
    main()
