"""A stand-in for every drive of a dataset, in the drive's town; not one tick of it passes before ours."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from carla_bridge.config import ServerConfig
from carla_bridge.standin.process import StandInProcess
from carla_bridge.synthesis.plan import DrivePlan
from carla_bridge.synthesize import Serve


@contextmanager
def standin_of(plan: DrivePlan) -> Iterator[ServerConfig]:
    """Start a stand-in and wait until it is ready."""
    with _begin(plan) as server:
        yield _address(server)


@contextmanager
def standins_ahead(plans: Sequence[DrivePlan]) -> Iterator[Serve]:
    """Yield what serves these drives in their order: each stand-in starts while the drive before it is driven."""
    later, begun = deque(plans), dict[str, StandInProcess]()

    def begin_next() -> None:
        if later:
            plan = later.popleft()
            begun[plan.name] = _begin(plan)

    @contextmanager
    def serve(plan: DrivePlan) -> Iterator[ServerConfig]:
        if plan.name not in begun:
            begin_next()
        with begun.pop(plan.name) as server:
            begin_next()
            yield _address(server)

    try:
        yield serve
    finally:
        for server in begun.values():
            server.close()


def _begin(plan: DrivePlan) -> StandInProcess:
    town: dict[str, Any] = {"map": [plan.town]} if isinstance(plan.town, str) else {"seed": plan.town}
    clock: dict[str, Any] = {"synchronous": True, "fixed_delta_seconds": plan.session.step_s}
    return StandInProcess.begin(**town, **clock, vehicles=0, walkers=plan.walkers)


def _address(server: StandInProcess) -> ServerConfig:
    return ServerConfig(host=server.host, port=server.port, takeover=True)
