"""What the tests of the client side share: a look at a server from outside, and a client that can be killed."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass

from carla_bridge.config import CameraConfig, ServerConfig, SessionConfig
from carla_bridge.server import Server
from carla_bridge.session import LiveDrive

SMALL = CameraConfig(width=96, height=64)
_DRIVE_FOREVER = """
import sys
from carla_bridge.config import CameraConfig, SessionConfig
from carla_bridge.session import LiveDrive
with LiveDrive.open(
    port=int(sys.argv[1]),
    camera=CameraConfig(width=96, height=64),
    session=SessionConfig(vehicles=3, weather="WetSunset"),
) as drive:
    for frame in drive:
        print(frame.tick, flush=True)
"""


@dataclass(frozen=True)
class ServerState:
    """What a drive must leave as it was."""

    synchronous: bool
    fixed_step_s: float | None
    cloudiness: float
    sun_altitude_deg: float
    actors: frozenset[tuple[int, str]]


@contextmanager
def connected(port):
    server = Server("127.0.0.1", port, timeout_s=10.0)
    try:
        yield server
    finally:
        server.lifeline.close()


def look_at(port):
    """Return the state of a server that ticks by itself."""
    with connected(port) as server:
        settings, weather = server.world.get_settings(), server.world.get_weather()
        if not settings.synchronous_mode:
            server.world.wait_for_tick(5.0)  # the next state shows what was destroyed just now
        else:
            server.await_first_state(synchronous=True, timeout_s=0.5)
        return ServerState(
            settings.synchronous_mode,
            settings.fixed_delta_seconds,
            weather.cloudiness,
            weather.sun_altitude_angle,
            frozenset((actor.id, actor.type_id) for actor in server.world.get_actors()),
        )


def open_drive(port, *, camera=SMALL, takeover=False, timeout_s=10.0, **session):
    server = ServerConfig(port=port, takeover=takeover, timeout_s=timeout_s)
    return LiveDrive.open(server, camera=camera, session=SessionConfig(**session))


@contextmanager
def driving_client(port):
    """Run a client in a process of its own and hand it out once it has received three frames."""
    client = subprocess.Popen(
        [sys.executable, "-c", _DRIVE_FOREVER, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        client.ticks = [int(client.stdout.readline()) for _ in range(3)]
        yield client
    finally:
        if client.poll() is None:
            client.send_signal(signal.SIGKILL)
        client.communicate(timeout=20)
