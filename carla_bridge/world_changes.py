"""What a drive changes in a world (clock, weather, traffic manager), each change with its undoing."""

import logging
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

from carla_bridge.actors import free_tm_port
from carla_bridge.config import SessionConfig
from carla_bridge.errors import BridgeError
from carla_bridge.home import load_client, park_dying_threads
from carla_bridge.server import Server, ServerLost
from carla_bridge.signals import held

if TYPE_CHECKING:
    import carla

_CLEAN_UP_S = 2.0  # for a single answer while we tidy up; a late answer is an executed call all the same
_FIRST_STATE_S = 0.3  # that one is still on its way, and would look like a tick
_log = logging.getLogger(__name__)


class ServerBusy(BridgeError):
    """The server is in synchronous mode already, so somebody drives it, or somebody died driving it."""


class Undo:
    """What is to be undone at the end, last first; what fails then is noted and hinders nothing."""

    def __init__(self, server: Server):
        self._server = server
        self._steps = ExitStack()
        self._was_mute = False  # for a whole time-out, which no Traffic Manager outlives

    def later(
        self, what: str, step: Callable[[], object], *, if_lost: bool = False, if_mute: bool = True
    ) -> None:
        """Remember a step, named for the log.

        On a dead server only what says `if_lost` is done. One that was mute may read what we send when it wakes
        up; only what does not say `if_mute` would wait for ever.
        """
        self._steps.callback(self._take, what, step, if_lost, if_mute)

    def now(self) -> None:
        """Take all steps; Ctrl-C is ignored meanwhile, and a dead server takes no time."""
        self._was_mute = isinstance(sys.exception(), ServerLost)
        with held(deliver=False):
            self._server.client.set_timeout(min(_CLEAN_UP_S, self._server.timeout_s))
            self._steps.close()

    def _take(self, what: str, step: Callable[[], object], if_lost: bool, if_mute: bool) -> None:
        if not (if_lost or self._server.lifeline.alive()):
            return
        if self._was_mute and not if_mute:
            _log.info("did not %s: the server was mute", what)
            return
        try:
            step()
        except RuntimeError as error:
            self._was_mute |= "time-out" in str(error)
            _log.warning("could not %s: %s", what, error)


def rate_by_itself(server: Server, *, ticks: int = 10) -> float:
    """Return how many ticks a second of simulation a server makes that we do not tick, over the next few of them."""
    with server.answering("tell its rate"):
        steps_s = [server.world.wait_for_tick(server.timeout_s).timestamp.delta_seconds for _ in range(ticks)]
    return ticks / max(1e-3, sum(steps_s))


def step_ourselves(server: Server, undo: Undo, *, step_s: float, takeover: bool) -> None:
    """Put the world into synchronous mode with a fixed step; refuse if it is already, unless taken over."""
    with server.answering("tell its settings"):
        before, settings = server.world.get_settings(), server.world.get_settings()
        if before.synchronous_mode and not takeover:
            raise ServerBusy(_who_is_there(server))
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = step_s
    settings.no_rendering_mode = False
    undo.later("put the settings back", lambda: server.world.apply_settings(before))
    with server.answering("change its settings"):
        server.world.apply_settings(settings)


def change_weather(server: Server, undo: Undo, preset: str | None) -> None:
    """Change the weather to one of CARLA's presets; None leaves it as it is."""
    if preset is None:
        return
    weather = load_client().WeatherParameters
    presets = {name: value for name, value in vars(weather).items() if isinstance(value, weather)}
    if preset not in presets:
        raise BridgeError(f"session.weather {preset!r} is no preset; there are {', '.join(sorted(presets))}")
    with server.answering("tell its weather"):
        before = server.world.get_weather()
    undo.later("put the weather back", lambda: server.world.set_weather(before))
    server.world.set_weather(presets[preset])


def start_traffic_manager(server: Server, undo: Undo, session: SessionConfig) -> int:
    """Start a Traffic Manager of our own, in step with our ticks, and return its port."""
    port = free_tm_port(session.tm_port)
    # Not if the server died or was mute: the manager's thread is dying of it.
    undo.later("let the client library abort again", park_dying_threads(), if_mute=False)
    with server.answering("start the Traffic Manager"):
        manager = server.client.get_trafficmanager(port)
        # It waits for the manager's thread, and for ever if that died of a server that was mute.
        undo.later("shut the Traffic Manager down", manager.shut_down, if_mute=False)
        # Every tick of this process, of later drives too, would wait for a Traffic Manager that is in step.
        undo.later("let its ticks go", lambda: manager.set_synchronous_mode(False), if_lost=True)
        manager.set_synchronous_mode(session.synchronous)
        server.traffic_manager_port = port if session.synchronous else None
        manager.set_random_device_seed(session.seed)
    return port


def _who_is_there(server: Server) -> str:
    time.sleep(_FIRST_STATE_S)
    before = server.world.get_snapshot().frame
    time.sleep(1.0)
    vehicles = cast("list[carla.Actor]", server.world.get_actors().filter("vehicle.*"))
    egos = [
        f"actor {actor.id}, {actor.type_id}"
        for actor in vehicles
        if actor.attributes.get("role_name") == "hero"
    ]
    ticked = server.world.get_snapshot().frame > before
    who = "another client is ticking it" if ticked else "nobody ticks it, as if its client had died"
    return (
        f"the server at {server.where} is in synchronous mode and {who}"
        f"{f' (ego vehicle: {egos[0]})' if egos else ''}; "
        "free it with `carla-bridge recover`, or drive it with --takeover"
    )
