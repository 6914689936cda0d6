"""A whole town from a seed: the map for the client, the lanes for its traffic, the triangles for its cameras."""

from dataclasses import dataclass

import numpy as np

from .geometry import Pose
from .lanes import Lane, driving_lanes, sidewalk_loops, spawn_points
from .mesh import Mesh
from .network import Network
from .opendrive import opendrive_text
from .roads import lay_roads
from .scenery import build_scenery

__all__ = ["Lane", "Town", "build_town"]

SPEED_LIMIT_KMH = 50.0


@dataclass(frozen=True)
class Town:
    """Everything that never moves."""

    name: str  # its own, never one of CARLA's towns
    opendrive: str
    spawn_points: tuple[Pose, ...]  # on lanes outside junctions, 0.3 m above the road
    lanes: tuple[Lane, ...]
    sidewalks: tuple[np.ndarray, ...]  # closed walks N,3 round the blocks; the last point joins the first
    scenery: Mesh
    speed_limit_kmh: float
    network: Network


def build_town(seed: int) -> Town:
    """Return the town of a seed; the same seed gives the same bytes."""
    name = f"StandIn/Maps/StandIn-{seed}"
    rng = np.random.default_rng(seed)
    roads = lay_roads(rng)
    lanes = driving_lanes(roads, SPEED_LIMIT_KMH)
    opendrive = opendrive_text(roads, name=name, speed_limit_kmh=SPEED_LIMIT_KMH)
    return Town(
        name=name,
        opendrive=opendrive,
        spawn_points=spawn_points(lanes, rng),
        lanes=lanes,
        sidewalks=sidewalk_loops(roads),
        scenery=build_scenery(roads, rng),
        speed_limit_kmh=SPEED_LIMIT_KMH,
        network=Network(name, opendrive, (), (), (), (), (), ()),
    )
