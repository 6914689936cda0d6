"""A park, back gardens, and the wooded edge with far houses that closes the horizon."""

from math import atan2, degrees

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.rendering.shapes import Builder, strip
from carla_bridge.standin.streetscape import enclosures
from carla_bridge.standin.streetscape.buildings import build_house, draw_house, draw_row
from carla_bridge.standin.streetscape.plots import OUTSIDE
from carla_bridge.standin.streetscape.rows import enclose
from carla_bridge.standin.streetscape.site import Site
from carla_bridge.standin.streetscape.things import BUILDINGS, PROPS, STREET_LIGHTS

NEAR_EDGE_M, FAR_EDGE_M = 62.0, 105.0
WALK_M = 2.4
PATH_RGB = (168, 156, 136)


def lay_park(site: Site) -> None:
    """Give one block to the public: an enclosure with ways in, paths, lanterns, benches, and trees in groups."""
    rng, blocks = site.rng, site.blocks
    inside = (blocks.labels == site.park) & (blocks.from_street_m > 1.5)
    if site.park == OUTSIDE or not inside.any():
        return
    make = (enclosures.railing, enclosures.hedge, enclosures.low_wall)[rng.integers(3)]
    for frontage in site.frontages:
        if site.block_behind(frontage) == site.park and not frontage.at_junction:
            for start in np.arange(3.0, frontage.length - 6.0, 24.0):
                enclose(site, frontage, make, float(start), min(float(start) + 20.5, frontage.length - 2.0))
    _lay_walk(site)
    for x, y in blocks.places(inside & (blocks.from_street_m > 4.0), 8.0, rng):
        if rng.random() < 0.62:
            species = str(
                rng.choice(["broad", "plane", "airy", "conifer", "bush"], p=[0.35, 0.2, 0.2, 0.1, 0.15])
            )
            site.plant_if_free(species, Pose(float(x), float(y)), room_m=0.8)


def _lay_walk(site: Site) -> None:
    """A walk round the park with lanterns and benches along it."""
    deep = (site.blocks.labels == site.park) & (site.blocks.from_street_m > 11.0)
    for line in site.blocks.outlines(deep):
        if len(line) < 60:
            continue
        line = np.array([place[:2] for place in _along(line, 3.0)])
        closed = np.concatenate([line, line[:1]])
        for pose in (Pose(*place[:2], yaw=place[2]) for place in _along(line, 2.0)):
            site.take(pose, (-1.0, -1.2), (1.0, 1.2))
        site.things.pave(_walk(site, closed))
        for i, (x, y, yaw) in enumerate(_along(line, 9.0)):
            pose = site.grounded(Pose(x, y, yaw=yaw).compose(Pose(y=1.6)))
            if i % 2:
                site.put(site.stock["lantern"], pose, STREET_LIGHTS, "lantern")
            else:
                site.put(site.stock["bench"], pose, PROPS, "bench")


def _walk(site: Site, line: np.ndarray) -> Mesh:
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = np.column_stack([-along[:, 1], along[:, 0]]) * WALK_M / 2
    edges = [np.column_stack([edge, site.terrain(edge) + 0.03]) for edge in (line - across, line + across)]
    builder = Builder()
    builder.add(strip(*edges), tags.SIDEWALKS, PATH_RGB)
    return builder.mesh()


def plant_back_gardens(site: Site) -> None:
    """Trees, bushes and sheds on what is left inside the blocks and close behind the last houses."""
    rng, blocks = site.rng, site.blocks
    near = (blocks.labels > 0) & (blocks.from_street_m > 3.0) & (blocks.from_street_m < NEAR_EDGE_M)
    fence = site.enclosure(enclosures.board_fence, 5.0)
    for x, y in blocks.places(near, 9.0, rng):
        chance, pose = rng.random(), Pose(float(x), float(y), yaw=float(rng.choice([0.0, 90.0])))
        if chance < 0.34:
            species = str(
                rng.choice(["broad", "airy", "conifer", "columnar", "bush"], p=[0.36, 0.22, 0.12, 0.1, 0.2])
            )
            site.plant_if_free(species, pose, room_m=1.2)
        elif chance < 0.4 and site.take(pose, (-2.5, -0.2), (2.5, 0.2)):
            site.put(fence, site.grounded(pose), "Walls", "board fence")


def close_horizon(site: Site) -> None:
    """A wooded edge around the town, and far houses and towers that look over it."""
    rng = site.rng
    for ring in site.blocks.rings(NEAR_EDGE_M):
        for x, y, yaw in _along(ring, 9.0):
            pose = Pose(x + float(rng.uniform(-3, 3)), y + float(rng.uniform(-3, 3)), yaw=yaw)
            if rng.random() < 0.2:
                _put_far_house(site, pose, "terrace" if rng.random() < 0.5 else "town")
            else:
                site.plant("far", site.grounded(pose))
    for ring in site.blocks.rings(FAR_EDGE_M):
        for x, y, yaw in _along(ring, 30.0):
            pose = Pose(x + float(rng.uniform(-9, 9)), y + float(rng.uniform(-9, 9)), yaw=yaw)
            _put_far_house(site, pose, str(rng.choice(["modern", "modern", "town"])))


def _put_far_house(site: Site, pose: Pose, kind: str) -> None:
    house = draw_house(site.rng, draw_row(site.rng, kind))
    half = house.width / 2
    if site.take(pose, (-half, 0.0), (half, house.depth)):
        site.put(build_house(house, site.rng), site.grounded(pose), BUILDINGS, house.kind)


def _along(ring: np.ndarray, step_m: float) -> list[tuple[float, float, float]]:
    """Return x, y and yaw of places along a closed line; y of each points away from the town."""
    closed = np.concatenate([ring, ring[:1]])
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    found = []
    for at in np.arange(0.0, arc[-1] - step_m / 2, step_m):
        a, b = (np.array([np.interp(at + d, arc, closed[:, axis]) for axis in (0, 1)]) for d in (-4.0, 4.0))
        x, y = (a + b) / 2
        found.append((float(x), float(y), degrees(atan2(a[1] - b[1], a[0] - b[0]))))
    return found
