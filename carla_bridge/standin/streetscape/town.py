"""A whole town from a map: its streets, the lanes for its traffic, the triangles for its cameras."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from carla_bridge.standin.cities.city_text import city_opendrive
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.rendering.mesh import Mesh, join
from carla_bridge.standin.roads.lane_index import LaneIndex
from carla_bridge.standin.roads.network import Lane, Network
from carla_bridge.standin.roads.network_reader import read_network
from carla_bridge.standin.roads.spawn_points import spawn_points
from carla_bridge.standin.roads.walks import walks
from carla_bridge.standin.streetscape.ground import build_ground
from carla_bridge.standin.streetscape.scenery import build_scenery
from carla_bridge.standin.streetscape.terrain import Terrain
from carla_bridge.standin.streetscape.things import Scenery, Thing

__all__ = ["Lane", "Town", "build_town", "seed_name", "town_from_opendrive"]

Furnish = Callable[[Network, int], Scenery]


@dataclass(frozen=True)
class Town:
    """Everything that never moves."""

    name: str  # its own, never that of a town of CARLA's
    network: Network
    spawn_points: tuple[Pose, ...]  # on lanes outside junctions, 0.3 m above the road
    sidewalks: tuple[np.ndarray, ...]  # closed walks N,3; the last point joins the first
    scenery: Mesh
    things: tuple[Thing, ...]  # what can be counted in the scenery

    @property
    def opendrive(self) -> str:
        """The map's text."""
        return self.network.opendrive

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The driving lanes."""
        return self.network.lanes

    @cached_property
    def lane_index(self) -> LaneIndex:
        """The lane under any place."""
        return LaneIndex(self.lanes)


def seed_name(seed: int) -> str:
    """Return the name of a seed's town."""
    return f"StandIn/Maps/StandIn-{seed}"


def furnish(network: Network, seed: int) -> Scenery:
    """Return the ground of a town and all that stands on it."""
    terrain = Terrain(network)
    beside = build_scenery(network, terrain, np.random.default_rng([seed, 2]))
    return Scenery(join([build_ground(network, terrain), beside.mesh]), beside.things)


def build_town(seed: int, furnish: Furnish = furnish) -> Town:
    """Return the town of a seed; the same seed gives the same bytes."""
    return town_from_opendrive(seed_name(seed), city_opendrive(seed), seed=seed, furnish=furnish)


def town_from_opendrive(name: str, text: str, *, seed: int = 0, furnish: Furnish = furnish) -> Town:
    """Return the town that a map describes; raise a MapError in one sentence if the text is no map.

    The scenery is what `furnish` makes, or keeps from another time.
    """
    network = read_network(name, text)
    scenery = furnish(network, seed)
    return Town(
        name=name,
        network=network,
        spawn_points=spawn_points(network.lanes, np.random.default_rng(seed)),
        sidewalks=walks(network),
        scenery=scenery.mesh,
        things=scenery.things,
    )
