"""A town while it is being furnished: what is free, how high the ground lies, what has been put down."""

from collections.abc import Callable
from dataclasses import replace
from math import ceil

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.rendering.shapes import simplified
from carla_bridge.standin.roads.network import Network
from carla_bridge.standin.roads.occupancy import Occupancy
from carla_bridge.standin.streetscape import furniture, signposts
from carla_bridge.standin.streetscape.enclosures import Enclosure, enclosure
from carla_bridge.standin.streetscape.plants import grow, grow_far
from carla_bridge.standin.streetscape.plots import OUTSIDE, Blocks, Frontage, frontages, rectangle
from carla_bridge.standin.streetscape.things import FOLIAGE, Collection

Terrain = Callable[[np.ndarray], np.ndarray]  # x, y (N,2) → z (N) of the ground, metres
SMALLEST_PARK_M2, LARGEST_PARK_M2 = 2_500.0, 30_000.0
SPECIES_COUNT = {"broad": 5, "plane": 4, "airy": 4, "columnar": 3, "young": 4, "conifer": 3, "bush": 4}


class Site:
    """Network, free ground, blocks, terrain and chance in one hand."""

    def __init__(self, network: Network, terrain: Terrain, rng: np.random.Generator) -> None:
        self.network, self.terrain, self.rng = network, terrain, rng
        self.occupancy = Occupancy(network)
        self.blocks = Blocks(network, self.occupancy)
        self.frontages = list(frontages(network))
        self.things = Collection()
        self.trees = {name: [grow(name, rng) for _ in range(n)] for name, n in SPECIES_COUNT.items()}
        self.trees["far"] = [grow_far(rng) for _ in range(8)]
        self.stock = _stock()
        self._enclosures: dict[tuple[Enclosure, int], Mesh] = {}
        self.park = self._park()
        self._speed_of_road = {lane.road: lane.speed_limit_kmh for lane in network.lanes}
        self._crossings = np.array([outline[:, :2].mean(axis=0) for outline in network.crosswalks]).reshape(
            -1, 2
        )

    def take(self, pose: Pose, low: tuple[float, float], high: tuple[float, float]) -> bool:
        """Take a rectangle given in the pose's own axes, if all of it is free."""
        return self.occupancy.take(rectangle(pose, low, high))

    def put(self, mesh: Mesh, pose: Pose, layer: str, name: str) -> None:
        """Put a thing down where it says."""
        self.things.put(mesh, pose, layer, name)

    def grounded(self, pose: Pose) -> Pose:
        """Return a pose let down, or lifted, onto the terrain."""
        return replace(pose, z=float(self.terrain(np.array([[pose.x, pose.y]]))[0]))

    def plant(self, species: str, pose: Pose) -> None:
        """Plant one of the trees of a species, turned by chance."""
        kinds = self.trees[species]
        pose = replace(pose, yaw=float(self.rng.uniform(-180.0, 180.0)))
        self.put(kinds[self.rng.integers(len(kinds))], pose, FOLIAGE, species)

    def plant_if_free(self, species: str, pose: Pose, *, room_m: float = 1.0) -> None:
        """Plant a tree on the terrain where there is room for it."""
        if self.take(pose, (-room_m, -room_m), (room_m, room_m)):
            self.plant(species, self.grounded(pose))

    def enclosure(self, make: Enclosure, length_m: float) -> Mesh:
        """Return a stretch of fence, wall or hedge that is at least so long; few are made, and used many times."""
        halves = ceil(2 * length_m)
        if (make, halves) not in self._enclosures:
            self._enclosures[make, halves] = enclosure(make, halves / 2, self.rng)
        return self._enclosures[make, halves]

    def at_crossing(self, pose: Pose, *, radius_m: float = 5.0) -> bool:
        """Say whether people cross the road here."""
        gaps = np.hypot(*(self._crossings - (pose.x, pose.y)).T)
        return bool((gaps < radius_m).any())

    def speed_kmh(self, frontage: Frontage) -> float:
        """Return how fast one may drive on the road of a frontage."""
        return self._speed_of_road.get(frontage.verge.road, 50.0)

    def block_behind(self, frontage: Frontage) -> int:
        """Return the number of the block behind a frontage."""
        middle = frontage.pose(frontage.length / 2, 2.0)
        return self.blocks.at(middle.x, middle.y)

    def _park(self) -> int:
        """Return the block that is the park: the map's, or the largest that streets close in and that is no country."""
        for outline in self.network.parks:
            return self.blocks.at(*outline[:, :2].mean(axis=0))
        areas = self.blocks.areas_m2.copy()
        areas[[0, self.blocks.outer]] = 0.0
        areas[areas > LARGEST_PARK_M2] = 0.0
        return int(areas.argmax()) if areas.max() > SMALLEST_PARK_M2 else OUTSIDE


def _stock() -> dict[str, Mesh]:
    """Return one of each thing that looks the same everywhere."""
    stock = {
        "bin": furniture.litter_bin(),
        "wheeled bin": furniture.wheeled_bin(),
        "bench": furniture.bench(),
        "bollard": furniture.bollard(),
        "hydrant": furniture.hydrant(),
        "advertising column": furniture.advertising_column(),
        "poster stand": furniture.poster_stand(),
        "cabinet": furniture.cabinet(),
        "letter box": furniture.letter_box(),
        "planter": furniture.planter(),
        "shelter": furniture.shelter(),
        "utility pole": furniture.utility_pole(),
        "bicycle": furniture.parked_bicycle("60,70,90"),
    }
    coarse = {name: simplified(mesh) for name, mesh in stock.items()}
    coarse |= {
        "street name": signposts.street_name(),
        "lantern": signposts.lantern(4.0),
        "bus stop": furniture.bus_stop(),
    }
    return coarse | {f"sign {shape}": signposts.sign(shape) for shape in signposts.SIGN_SHAPES}
