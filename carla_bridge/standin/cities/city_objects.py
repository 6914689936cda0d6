"""Crosswalks and the park of a seeded city as OpenDRIVE 1.4 objects."""

from collections.abc import Iterator
from math import cos, sin

import numpy as np

from carla_bridge.standin.cities.city import LEFT, RIGHT, Arm, City, Street
from carla_bridge.standin.cities.city_signals import arm_number
from carla_bridge.standin.cities.layout import GUTTER_M, LANE_M

CROSSWALK_M = (1.0, 4.5)  # from where an arm begins, outwards
PARK_ID = 9000


def street_objects(street: Street, city: City, park: list[tuple[int, int]]) -> Iterator[str]:
    """Yield the objects that hang on one street; the park hangs on the first street round it."""
    for junction in (city.junctions[number] for number in street.junctions):
        for arm in junction.arms:
            if arm.street == street.id:
                yield _crosswalk(arm, street, city)
    if street.id == park[0][0]:
        yield _park(street, outline(city, park))


def blocks(city: City) -> list[list[tuple[int, int]]]:
    """Return every closed walk along kerbs, as the streets and their sides: round each block, and round the city."""
    left = [(street.id, side) for street in city.streets for side in (RIGHT, LEFT)]
    walks = []
    while left:
        walk, here = [], left[0]
        while here not in walk:
            walk.append(here)
            left.remove(here)
            turn = city.turns_at_kerb[here]
            here = (turn.exit.street, -turn.exit.entry_side)
        walks.append(walk)
    return walks


def outline(city: City, block: list[tuple[int, int]]) -> np.ndarray:
    """Return the back edge of the sidewalks round a block as x, y, z (N,3); the last point joins the first."""
    parts = []
    for street_id, side in block:
        street = city.streets[street_id]
        s = street.path.stations(3.0)[::side]
        right = side * (street.profile.half_m + street.bay_m(side, s))
        parts.append(_with_z(street.path.beside(s, right), street.z_m(s)))
        turn = city.turns_at_kerb[street_id, side]
        s = turn.path.stations(1.5)[1:-1]
        z = np.full(len(s), city.junctions[turn.junction].z)
        parts.append(_with_z(turn.path.beside(s, LANE_M + GUTTER_M + turn.entry.profile.walk_m), z))
    return np.concatenate(parts)


def park_block(city: City) -> list[tuple[int, int]]:
    """Return the block that is the park."""
    return next(block for block in blocks(city) if _winding(outline(city, block), city.park) < -0.5)


def _with_z(points: np.ndarray, z: np.ndarray) -> np.ndarray:
    return np.concatenate([points, z[:, None]], axis=1)


def _winding(ring: np.ndarray, point: tuple[float, float]) -> float:
    """Return how often a ring goes round a point, counter-clockwise: -1 for a block, whose kerb is on the right."""
    angles = np.arctan2(ring[:, 1] - point[1], ring[:, 0] - point[0])
    turns = np.diff(angles, append=angles[:1])
    return float(((turns + np.pi) % (2 * np.pi) - np.pi).sum() / (2 * np.pi))


def _crosswalk(arm: Arm, street: Street, city: City) -> str:
    near, far = CROSSWALK_M
    middle, half, kerb = (near + far) / 2, (far - near) / 2, arm.profile.kerb_m
    s = street.path.length - middle if arm.at_end else middle
    corners = np.array(
        [(-half, -kerb, 0), (half, -kerb, 0), (half, kerb, 0), (-half, kerb, 0), (-half, -kerb, 0)]
    )
    return _object("crosswalk", arm_number(arm, city), s, corners)


def _park(street: Street, ring: np.ndarray) -> str:
    """Return the park's outline as seen from the start of a street beside it."""
    x, y, heading = street.path.at(np.array([0.0]))[0]
    c, s = cos(heading), sin(heading)
    dx, dy = ring[:, 0] - x, ring[:, 1] - y
    corners = np.stack([dx * c + dy * s, dy * c - dx * s, ring[:, 2] - street.z[0]], axis=1)
    return _object("park", PARK_ID, 0.0, corners)


def _object(kind: str, number: int, s: float, corners: np.ndarray) -> str:
    size = corners.max(axis=0) - corners.min(axis=0)
    local = "".join(f'<cornerLocal u="{u:.6f}" v="{v:.6f}" z="{z:.6f}" height="0.0"/>' for u, v, z in corners)
    return (
        f'<object id="{number}" name="{kind}" type="{kind}" s="{s:.9f}" t="0.0" zOffset="0.0" hdg="0.0" '
        f'pitch="0.0" roll="0.0" orientation="none" length="{size[0]:.6f}" width="{size[1]:.6f}">'
        f"<outline>{local}</outline></object>"
    )
