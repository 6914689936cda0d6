"""All that never moves, as one labelled mesh: what stands where along the streets."""

from collections.abc import Callable
from itertools import count

import numpy as np

from . import furniture, plants
from .buildings import add_house, draw_house
from .geometry import Pose
from .ground import GRASS_Z, add_ground
from .mesh import Mesh, join
from .models import COLORS, model_for
from .plots import FreeGround, Frontage, frontages
from .roads import JUNCTION_M, PARKING_M, RIGHT, SIDEWALK_M, Roads
from .shapes import Builder

FIRST_OBJECT_ID = 0x8000  # counted things; actors have the numbers below, and both fit CARLA's 16 bits
PARKED = (
    "tesla.model3",
    "mini.cooper_s",
    "audi.a2",
    "seat.leon",
    "nissan.patrol",
    "toyota.prius",
    "mercedes.sprinter",
)
AT_KERB_M = 0.5  # where poles and trees stand, clear of those who walk


class _Site:
    """The town while it is being furnished: numbers things and keeps their meshes."""

    def __init__(self, roads: Roads, rng: np.random.Generator):
        self.roads, self.rng, self.free = roads, rng, FreeGround(roads)
        self.meshes: list[Mesh] = []
        self._numbers = count(FIRST_OBJECT_ID)

    def put(self, pose: Pose, draw: Callable[..., None], *choices: object, **measures: object) -> None:
        builder = Builder()
        draw(builder, next(self._numbers), *choices, **measures)
        self.meshes.append(builder.mesh().placed(pose))

    def put_model(self, pose: Pose, mesh: Mesh) -> None:
        self.meshes.append(mesh.placed(pose, object_id=next(self._numbers)))


def build_scenery(roads: Roads, rng: np.random.Generator) -> Mesh:
    """Return the town's triangles."""
    ground, site = Builder(), _Site(roads, rng)
    add_ground(ground, roads)
    for frontage in frontages(roads):
        _build_houses(site, frontage)
    for frontage in frontages(roads):
        _park_cars(site, frontage)
        _furnish(site, frontage)
        _plant_gardens(site, frontage)
    _plant_horizon(site)
    return join([ground.mesh(), *site.meshes])


def _build_houses(site: _Site, frontage: Frontage) -> None:
    """A row of houses; the front line shifts now and then, and some plots stay empty."""
    rng, along, setback = site.rng, -JUNCTION_M, 0.0
    while along < frontage.length + JUNCTION_M:
        if rng.random() < 0.3:
            setback = float(rng.choice([0.0, 0.4, 2.0, 3.5, 5.0]))
        if rng.random() < 0.08:
            along += float(rng.uniform(3.0, 9.0))
        house = draw_house(rng)
        middle, half = along + house.width / 2, house.width / 2
        pose = frontage.pose(middle, SIDEWALK_M + setback + 1.0, 0.0)
        if not site.free.take(pose, (-half, -0.95), (half, house.depth)):
            along += 1.5
            continue
        site.put(pose, add_house, house, rng)
        if setback >= 2.0:
            _close_garden(site, frontage, middle, house.width)
        along += house.width + (float(rng.uniform(1.0, 4.0)) if rng.random() < 0.25 else 0.0)


def _close_garden(site: _Site, frontage: Frontage, middle: float, width: float) -> None:
    """A wall, a fence or a hedge along the sidewalk, leaving a way in."""
    rng, length = site.rng, width - 1.6
    kind, height = int(rng.integers(4)), float(rng.uniform(0.6, 1.3))
    pose = frontage.pose(middle + 0.8, SIDEWALK_M + 0.4, 0.0)
    if kind == 0:
        site.put(pose, furniture.add_low_wall, length=length, height=height)
    elif kind == 1:
        site.put(pose, furniture.add_fence, length=length)
    elif kind == 2:
        site.put(pose, plants.add_hedge, rng, length=length, height=height + 0.5)


def _park_cars(site: _Site, frontage: Frontage) -> None:
    if not frontage.street.parking[frontage.side == RIGHT]:
        return
    along = 21.0
    while along < frontage.length - 21.0:
        if site.rng.random() < 0.6:
            name = PARKED[site.rng.integers(len(PARKED))]
            color = ",".join(str(value) for value in COLORS[site.rng.integers(len(COLORS))])
            model = model_for(f"vehicle.{name}", {"color": color})
            assert model is not None
            shift = (
                float(site.rng.uniform(0.05, 0.2)) - PARKING_M / 2
            )  # close to the kerb, mirrors off the lane
            site.put_model(frontage.pose(along, shift, 0.0), model.mesh)
        along += float(site.rng.uniform(6.2, 8.5))


def _furnish(site: _Site, frontage: Frontage) -> None:
    """Lamps on one side, trees on some, signs, a traffic light before the junction, and small things."""
    rng, length = site.rng, frontage.length
    before_junction = frontage.pose(length - 4.0, AT_KERB_M)
    site.put(before_junction, furniture.add_traffic_light, overhead=rng.random() < 0.4)
    if frontage.side == RIGHT:
        for along in np.arange(8.0, length - 8.0, 24.0):
            site.put(frontage.pose(float(along), AT_KERB_M), furniture.add_lamp)
    for along in rng.uniform(7.0, length - 9.0, int(rng.integers(2, 5))):
        shape = str(rng.choice(["round", "triangle", "rectangle"]))
        site.put(frontage.pose(float(along), AT_KERB_M), furniture.add_sign, shape)
    if rng.random() < 0.75:
        for along in np.arange(14.0, length - 12.0, float(rng.uniform(13.0, 20.0))):
            pose = frontage.pose(float(along + rng.uniform(-2, 2)), AT_KERB_M)
            site.put(pose, plants.add_tree, rng, height=float(rng.uniform(5.5, 8.5)))
    for draw in (furniture.add_bin, furniture.add_bench, furniture.add_shelter):
        if rng.random() < 0.4:
            site.put(frontage.pose(float(rng.uniform(12.0, length - 12.0)), SIDEWALK_M - 0.45), draw)


def _plant_gardens(site: _Site, frontage: Frontage) -> None:
    """Trees in empty plots and behind the houses, where they look over the roofs."""
    rng = site.rng
    for beyond, chance in ((5.5, 0.6), (21.0, 0.5)):
        for start in np.arange(-4.0, frontage.length, 9.0):
            along, back = float(start + rng.uniform(-3, 3)), beyond + float(rng.uniform(-1, 3))
            pose, height = frontage.pose(along, back, GRASS_Z), float(rng.uniform(6.0, 12.0))
            if rng.random() > chance or not site.free.take(pose, (-1.2, -1.2), (1.2, 1.2)):
                continue
            if rng.random() < 0.2:
                site.put(pose, plants.add_conifer, rng, height=height)
            else:
                site.put(pose, plants.add_tree, rng, height=height, clumps=4, trunk_m=1.8)


def _plant_horizon(site: _Site) -> None:
    """A wooded edge and far houses around the town, so that streets do not end in nothing."""
    rng = site.rng
    for angle in np.arange(0.0, 360.0, 3.0):
        distance = float(rng.uniform(165.0, 230.0))
        x, y = distance * np.cos(np.radians(angle)), distance * np.sin(np.radians(angle))
        pose = Pose(float(x), float(y), GRASS_Z, yaw=float(angle) - 90.0)
        if not site.free.take(pose, (-5.0, -5.0), (5.0, 5.0)):
            continue
        if rng.random() < 0.3:
            site.put(pose, add_house, draw_house(rng), rng)
        else:
            site.put(pose, plants.add_tree, rng, height=float(rng.uniform(9.0, 17.0)), clumps=2)
