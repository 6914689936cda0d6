"""Many conversions at once on a Ray cluster: one engine for each GPU, or for every few CPUs where there are none.

All machines must see sources and results under the same paths and have this package. What was asked for is made
by `convert_item`, as on one machine, so the results are the same, and a lost worker's item is begun where it stood.
"""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from carla_bridge.batch import Item, NamedEngine, Outcome, convert_item, length_of
from carla_bridge.errors import BridgeError
from carla_bridge.progress import frame_progress


class NoRay(BridgeError):
    """The extra is not installed."""

    def __init__(self) -> None:
        super().__init__("--engine ray needs Ray, which is not installed: pip install 'carla-bridge[scale]'")


class NoCluster(BridgeError):
    """Nothing answers at the address, or it has no room for an engine."""

    def __init__(self, address: str | None, problem: str):
        super().__init__(
            f"the Ray cluster at {address or 'this machine'} {problem}; "
            "see `ray status`, or leave out --engine ray to work here"
        )


def convert_on_ray(
    items: Sequence[Item],
    load: Callable[[], NamedEngine],
    *,
    address: str | None = None,  # None: a cluster of this machine alone, for the time being
    cpus_per_engine: int = 2,
) -> Iterator[Outcome]:
    """Yield what became of each item, in the order in which they are done."""
    with cluster(address) as ray:
        resources = ray.cluster_resources()
        engines, needs = share_out(resources, cpus_per_engine, len(items))
        if not engines:
            found = resources.get("CPU", 0)
            raise NoCluster(address, f"has {found:g} CPUs, fewer than the {cpus_per_engine} of one engine")
        places = [{"place": place} for place in range(len(items))]
        outcomes = ray.data.from_items(places, override_num_blocks=len(items)).map(
            _Worker,
            fn_constructor_args=([_anywhere(item) for item in items], load),
            compute=ray.data.ActorPoolStrategy(size=engines, max_tasks_in_flight_per_actor=1),
            **needs,
        )
        lengths = [length_of(item) for item in items]
        total, done = sum(lengths), 0
        with frame_progress(total, f"{len(items)} videos") as told:
            for row in outcomes.iter_rows():
                length = lengths[row.pop("place")]
                outcome = Outcome(**row)
                done, total = (done + length, total) if outcome.frames else (done, total - length)
                told(done, total)
                yield outcome


class _Worker:
    """An engine somewhere in the cluster, and the items of which it is given one at a time."""

    def __init__(self, items: Sequence[Item], load: Callable[[], NamedEngine]):
        self._items, self._load = items, load
        self._engine: NamedEngine | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Convert the item at a place."""
        item = self._items[row["place"]]
        try:
            self._engine = self._engine or self._load()
        except BridgeError as error:
            return row | asdict(Outcome(item.source.name, str(error), failed=True))
        return row | asdict(convert_item(item, self._engine))


@contextmanager
def cluster(address: str | None) -> Iterator[Any]:
    """Connect to a cluster, or start one here; quietly, and without telling anybody else of it."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
        from ray.exceptions import RayError
    except ImportError as error:
        raise NoRay from error
    if address is not None:
        _knock(address)
    alone = {"include_dashboard": False} if address is None else {}
    try:
        ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **alone)
    except (ConnectionError, ValueError) as error:
        raise NoCluster(address, f"does not answer ({' '.join(str(error).split())})") from error
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield ray
    except RayError as error:
        raise NoCluster(address, f"failed ({str(error).strip().splitlines()[-1]})") from error
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Refuse an address where nothing listens; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdecimal():
        return  # "auto"
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise NoCluster(address, f"does not answer ({error})") from error


def share_out(resources: dict[str, float], cpus_per_engine: int, items: int) -> tuple[int, dict[str, int]]:
    """Return the number of engines and what each of them is given."""
    if gpus := int(resources.get("GPU", 0)):
        return min(gpus, items), {"num_gpus": 1}
    return min(int(resources.get("CPU", 0)) // cpus_per_engine, items), {"num_cpus": cpus_per_engine}


def _anywhere(item: Item) -> Item:
    """Return the same item with paths that do not depend on where a worker was started."""
    return replace(
        item, out=item.out.absolute(), source=replace(item.source, path=item.source.path.absolute())
    )
