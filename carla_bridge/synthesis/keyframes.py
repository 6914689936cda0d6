"""Which ticks of a drive become samples: those where the ego vehicle has come far enough since the one before."""

from collections.abc import Iterator
from math import dist

from carla_bridge.errors import BridgeError
from carla_bridge.frames import DriveTick, Placement


class NoState(BridgeError):
    """A drive without the simulator's state has no places."""

    def __init__(self) -> None:
        super().__init__("this drive doesn't say where the ego vehicle is; keyframes need that")


def far_enough(ticks: Iterator[DriveTick], *, min_distance_m: float, longest_s: float) -> Iterator[DriveTick]:
    """Yield the first tick, then each that is `min_distance_m` from the last one yielded, until the time is over."""
    last: Placement | None = None
    began_s = 0.0
    for tick in ticks:
        if tick.state is None:
            raise NoState
        here = tick.state.ego.placement
        began_s = tick.state.time_s if last is None else began_s
        if tick.state.time_s - began_s > longest_s:
            return
        if last is None or dist(here[:3], last[:3]) >= min_distance_m:
            last = here
            yield tick
