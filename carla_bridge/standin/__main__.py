"""`python -m carla_bridge.standin`: the stand-in as a process of its own; says on stdout where it is."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from carla_bridge.standin.errors import StandInError
from carla_bridge.standin.faults import FaultError
from carla_bridge.standin.protocol.schema import EpisodeSettings
from carla_bridge.standin.protocol.streams import MAX_STREAMS
from carla_bridge.standin.server import MAX_CLIENTS, StandIn


def main() -> int:
    """Serve until a signal, or until the parent that was to be followed is gone."""
    options = _options()
    logging.basicConfig(level=options.log_level.upper(), format="stand-in: %(message)s", stream=sys.stderr)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = EpisodeSettings(
        synchronous_mode=options.synchronous, fixed_delta_seconds=options.fixed_delta_seconds
    )
    try:
        server = StandIn(
            port=options.port,
            host=options.host,
            seed=options.seed,
            vehicles=options.vehicles,
            walkers=options.walkers,
            settings=settings,
            recordings=options.recordings,
            maps=options.map,
            max_clients=options.max_clients,
            max_streams=options.max_streams,
            faults=options.fault,
        )
    except FaultError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    except StandInError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    with server:
        ready = {"host": server.host, "port": server.port, "stream_port": server.stream_port}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        if options.follow_parent:
            threading.Thread(target=_stop_at_end_of_input, args=(stop,), daemon=True).start()
        stop.wait()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m carla_bridge.standin", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2000, help="0 picks a free one (default: 2000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="an OpenDRIVE map, or a folder of them; the first is loaded; may be repeated",
    )
    parser.add_argument("--vehicles", type=int, default=10, help="ambient cars")
    parser.add_argument("--walkers", type=int, default=14, help="ambient pedestrians")
    parser.add_argument(
        "--recordings", type=Path, help="folder of recorder logs (default: in the user's cache)"
    )
    parser.add_argument("--max-clients", type=int, default=MAX_CLIENTS)
    parser.add_argument("--max-streams", type=int, default=MAX_STREAMS)
    parser.add_argument("--fault", action="append", default=[], metavar="SPEC", help="see docs/standin.md")
    parser.add_argument("--synchronous", action="store_true", help="no frame passes before the first tick")
    parser.add_argument("--fixed-delta-seconds", type=float)
    parser.add_argument("--follow-parent", action="store_true", help="end when stdin ends")
    parser.add_argument("--log-level", default="warning")
    return parser.parse_args()


def _stop_at_end_of_input(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):  # unbuffered: a daemon thread may not hold stdin's lock
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
