"""`carla-bridge standin`, `recover` and `doctor`: servers run, freed and looked at. Heavy imports stay inside."""

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from carla_bridge.cli_options import BACKENDS, SHIPPED, address_options, confirmed, is_loopback, map_option
from carla_bridge.errors import BridgeError
from pix2pix.errors import Pix2PixError


@click.command()
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


@click.command()
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


@click.command()
@address_options
@click.option("--checkpoint", default=SHIPPED, show_default=True, help="A shipped name or a path.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option("--backend", default="auto", show_default=True, help=BACKENDS)
def doctor(host: str, port: int, checkpoint: str, device: str, backend: str) -> None:
    """Say what is installed and what would be used, with a next step for each problem.

    Example: carla-bridge doctor --port 2000
    """
    from carla_bridge.doctor import examine

    def describe_engine() -> str:
        import pix2pix

        try:
            return str(pix2pix.load(checkpoint, device=device, backend=backend).description)
        except Pix2PixError as error:
            raise BridgeError(str(error)) from error

    for check in examine(host, port, describe_engine=describe_engine, out=Path("recordings")):
        click.secho("ok    " if check.ok else "look  ", fg="green" if check.ok else "yellow", nl=False)
        click.echo(f"{check.name}: {check.finding}")
        if not check.ok and check.next_step:
            click.echo(f"      → {check.next_step}")
