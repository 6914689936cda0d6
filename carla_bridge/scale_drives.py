"""The drives of a dataset on a Ray cluster: one engine for each GPU, or for every few CPUs, each with its own servers.

All machines must see the dataset's folder under the same path and have this package. The samples are the same as on one
machine, and a lost worker's drive is begun where its records end.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from carla_bridge.crew import Equip
from carla_bridge.errors import BridgeError
from carla_bridge.scale import NoCluster, cluster, share_out
from carla_bridge.synthesis.dataset import DatasetFolder
from carla_bridge.synthesis.drive import Workshop
from carla_bridge.synthesis.plan import DrivePlan
from carla_bridge.synthesize import Serve, run_drive


def drive_on_ray(
    plans: Sequence[DrivePlan],
    folder: DatasetFolder,
    equip: Equip,
    serve: Serve,
    look: Callable[[], object],  # is called after each drive
    *,
    address: str | None = None,  # None: a cluster of this machine alone, for the time being
    cpus_per_engine: int = 2,
) -> None:
    """Drive all drives; raises `BridgeError` with what the first that failed said."""
    with cluster(address) as ray:
        resources = ray.cluster_resources()
        engines, needs = share_out(resources, cpus_per_engine, len(plans))
        if not engines:
            raise NoCluster(
                address,
                f"has {resources.get('CPU', 0):g} CPUs, fewer than the {cpus_per_engine} of one engine",
            )
        ends = ray.data.from_items(
            [{"place": place} for place in range(len(plans))], override_num_blocks=len(plans)
        ).map(
            _Driver,
            fn_constructor_args=(list(plans), folder, equip, serve),
            compute=ray.data.ActorPoolStrategy(size=engines, max_tasks_in_flight_per_actor=1),
            **needs,
        )
        for sentence in _sentences(ends):
            look()
            if sentence:
                raise BridgeError(sentence)


def _sentences(ends: Any) -> Iterator[str]:
    for row in ends.iter_rows():
        yield row["sentence"]


class _Driver:
    """An engine somewhere in the cluster, and the drives of which it is given one at a time."""

    def __init__(self, plans: Sequence[DrivePlan], folder: DatasetFolder, equip: Equip, serve: Serve):
        self._plans, self._folder, self._equip, self._serve = plans, folder, equip, serve
        self._workshop: Workshop | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Drive the drive at a place; say what went wrong, or nothing."""
        try:
            self._workshop = self._workshop or self._equip()
            run_drive(self._plans[row["place"]], self._folder, self._workshop, self._serve)
        except BridgeError as error:
            return {"sentence": str(error)}
        return {"sentence": ""}
