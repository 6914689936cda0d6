"""A drive on a server that does not wait for us: what comes is taken, what is missed is counted."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from carla_bridge.frames import DriveTick
from carla_bridge.rig import Rig
from carla_bridge.server import Server
from carla_bridge.state import Snapshots, StateReader
from carla_bridge.timing import StageTimes

if TYPE_CHECKING:
    import carla

_STATE_LATE_S = 0.5  # that a state may come after its pictures
_LOOK_EVERY_S = 0.005


def free_ticks(server: Server, rig: Rig, ego: "carla.Vehicle", times: StageTimes) -> Iterator[DriveTick]:
    """Yield all that one tick brought, for every tick that all cameras and the state came of, for ever.

    `DriveTick.missed` says how many ticks went by since the one before.
    """
    states = StateReader(server.world, ego)
    last: int | None = None
    with closing(Snapshots(server.world)) as snapshots:
        while True:
            with times.measure("receive"):
                frames = rig.next_frames()
            tick = frames[0].tick
            with times.measure("state"), server.answering("tell its state"):
                snapshot = _awaited(snapshots, tick)
                if snapshot is None:
                    continue  # the next one counts it
                state = states.read_from(snapshot, frames[0].time_s)
            yield DriveTick(frames, state, missed=0 if last is None else tick - last - 1)
            last = tick


def _awaited(snapshots: Snapshots, tick: int) -> "carla.WorldSnapshot | None":
    until_s = time.monotonic() + _STATE_LATE_S
    while (found := snapshots.of(tick)) is None and time.monotonic() < until_s:
        time.sleep(_LOOK_EVERY_S)
    return found
