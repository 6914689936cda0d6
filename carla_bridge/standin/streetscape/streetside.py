"""What stands on sidewalks and medians and along kerbs: lamps, trees, signs, furniture, parked cars."""

from dataclasses import replace

import numpy as np

from carla_bridge.standin.bodies.models import COLORS, Model, model_for
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.rendering.mesh import FAR, NEAR, Mesh, join
from carla_bridge.standin.rendering.shapes import Builder, box
from carla_bridge.standin.roads.network import NO_JUNCTION, Strip
from carla_bridge.standin.streetscape import enclosures, signposts
from carla_bridge.standin.streetscape.plots import KERB_M, Frontage
from carla_bridge.standin.streetscape.roofs import frustum
from carla_bridge.standin.streetscape.rows import FAST_KMH, enclose
from carla_bridge.standin.streetscape.site import Site
from carla_bridge.standin.streetscape.things import FOLIAGE, PARKED_VEHICLES, PROPS, STREET_LIGHTS

FROM_KERB_M = 0.5  # posts and trees stand so far behind the kerb, clear of those who walk
PARKED = (
    "tesla.model3",
    "mini.cooper_s",
    "audi.a2",
    "seat.leon",
    "nissan.patrol",
    "nissan.micra",
    "toyota.prius",
    "citroen.c3",
    "audi.etron",
    "mercedes.sprinter",
)
AVENUE_TREES = ("plane", "broad", "airy", "columnar", "young")
SMALL_THINGS = (
    "bin", "bin", "bollard", "hydrant", "letter box", "cabinet", "bench", "planter", "poster stand", "bicycle",
    "wheeled bin", "sign square", "sign upright", "sign round", "sign triangle", "street name", "advertising column",
)  # fmt: skip
GROUPS_M = {"bollard": 1.5, "bicycle": 0.65}  # how far apart those stand that come in groups
ALONG_WALL = ("cabinet", "wheeled bin", "bench", "planter", "bicycle")


def furnish(site: Site) -> None:
    """Furnish all streets."""
    for frontage in site.frontages:
        if frontage.at_junction or frontage.length < 12.0:
            continue
        if frontage.walk_m >= 1.5:
            _furnish_sidewalk(site, frontage)
        else:
            _furnish_verge(site, frontage)
    for strip in site.network.strips:
        if strip.kind == "parking" and strip.junction == NO_JUNCTION:
            _park(site, strip)
        elif strip.kind == "median":
            _furnish_median(site, strip)


class _Kerb:
    """A frontage's kerb side, whose places can be given away once."""

    def __init__(self, site: Site, frontage: Frontage) -> None:
        self.site, self.frontage, self._taken = site, frontage, [(-99.0, 4.0)]
        self._taken.append((frontage.length - 4.0, frontage.length + 99.0))

    def take(self, along_m: float, half_m: float) -> Pose | None:
        """Return the place near the kerb if nothing is there and nobody crosses."""
        if any(a < along_m + half_m and along_m - half_m < b for a, b in self._taken):
            return None
        pose = self.frontage.pose(along_m, FROM_KERB_M - self.frontage.walk_m)
        if self.site.at_crossing(pose):
            return None
        self._taken.append((along_m - half_m, along_m + half_m))
        return _raised(pose)


def _raised(pose: Pose) -> Pose:
    return replace(pose, z=pose.z + KERB_M)


def _turned(pose: Pose, degrees: float = 180.0) -> Pose:
    return replace(pose, yaw=(pose.yaw + degrees + 180.0) % 360.0 - 180.0)


def _furnish_sidewalk(site: Site, frontage: Frontage) -> None:
    rng, length, kerb = site.rng, frontage.length, _Kerb(site, frontage)
    step, lamp = (
        float(rng.uniform(24.0, 32.0)),
        signposts.lamp(float(rng.uniform(6.5, 9.0)), float(rng.uniform(1.0, 2.2))),
    )
    for along in np.arange(float(rng.uniform(5.0, 16.0)), length - 4.0, step):
        pose = kerb.take(float(along), 0.6)
        if pose:
            site.put(lamp, _turned(pose), STREET_LIGHTS, "street lamp")
    if length > 45.0 and rng.random() < 0.45:
        _put_bus_stop(site, kerb, float(rng.uniform(18.0, length - 14.0)))
    if rng.random() < 0.6:
        species, gap = str(rng.choice(AVENUE_TREES)), float(rng.uniform(8.0, 15.0))
        for along in np.arange(8.0, length - 8.0, gap):
            pose = kerb.take(float(along + rng.uniform(-1.0, 1.0)), 0.9) if rng.random() < 0.85 else None
            if pose:
                site.plant(species, pose)
    for along in rng.uniform(5.0, length - 5.0, round(length / 9.0)):
        _put_small(site, str(rng.choice(SMALL_THINGS)), kerb, float(along))
    for along in rng.uniform(2.0, length - 2.0, round(length / 22.0)):
        name = str(rng.choice(ALONG_WALL))
        pose = frontage.pose(float(along), -0.45)
        if not site.at_crossing(pose):
            site.put(site.stock[name], _turned(_raised(pose), 0.0), PROPS, name)


def _put_small(site: Site, name: str, kerb: _Kerb, along_m: float) -> None:
    """A thing near the kerb; signs face the traffic, bollards and bicycles come in groups, a tub has its plant."""
    rng, mesh = site.rng, site.stock[name]
    if name == "advertising column" and rng.random() < 0.5:
        return
    step_m, count = GROUPS_M.get(name, 1.8), int(rng.integers(3, 7)) if name in GROUPS_M else 1
    for i in range(count):
        pose = kerb.take(along_m + i * step_m, step_m / 2 - 0.01)
        if not pose:
            continue
        turn = 180.0 if name.startswith(("sign", "street", "poster")) else 70.0 if name == "bicycle" else 0.0
        site.put(mesh, _turned(pose, turn), PROPS, name)
        if name == "planter":
            site.plant("bush", replace(pose, z=pose.z + 0.5))


def _put_bus_stop(site: Site, kerb: _Kerb, along_m: float) -> None:
    sign = kerb.take(along_m + 3.5, 0.6)
    place = kerb.frontage.pose(along_m, -0.75)
    if sign and kerb.frontage.walk_m > 2.4 and not site.at_crossing(place, radius_m=8.0):
        site.put(site.stock["bus stop"], _turned(sign), PROPS, "bus stop")
        site.put(site.stock["shelter"], _raised(place), PROPS, "shelter")


def _furnish_verge(site: Site, frontage: Frontage) -> None:
    """A road without sidewalks: poles, a guard rail where traffic is fast, trees and bushes in a loose row."""
    rng, length = site.rng, frontage.length
    fast = site.speed_kmh(frontage) > FAST_KMH
    if fast:
        enclose(site, frontage, enclosures.guard_rail, 0.0, length, beyond_m=0.8)
    pole = rng.random() < 0.4 and not fast
    for along in np.arange(6.0, length - 3.0, 34.0):
        pose = frontage.pose(float(along), 1.5)
        if site.take(pose, (-0.4, -0.4), (0.4, 0.4)):
            mesh = site.stock["utility pole"] if pole else signposts.lamp(9.0, 2.5)
            layer, name = (PROPS, "utility pole") if pole else (STREET_LIGHTS, "street lamp")
            site.put(mesh, _turned(site.grounded(pose)), layer, name)
    for along in np.arange(3.0, length - 2.0, 5.5):
        if rng.random() < 0.55:
            species = str(rng.choice(["broad", "airy", "conifer", "bush", "bush"]))
            beyond = float(rng.uniform(2.5, 4.0) if species == "bush" else rng.uniform(4.5, 9.0))
            site.plant_if_free(
                species, frontage.pose(float(along + rng.uniform(-1.5, 1.5)), beyond), room_m=0.7
            )


def _furnish_median(site: Site, strip: Strip) -> None:
    """Trees and double lamps along a median that is wide enough, a hedge or nothing along others."""
    rng, middle = site.rng, (strip.inner + strip.outer) / 2
    width = np.linalg.norm(strip.outer - strip.inner, axis=1)
    steps = np.linalg.norm(np.diff(middle[:, :2], axis=0), axis=1)
    arc = np.concatenate([[0.0], np.cumsum(steps)])
    species = str(rng.choice(["plane", "broad", "columnar", "young"]))
    lamp, hedged = signposts.lamp(8.5, 2.0, double=True), rng.random() < 0.5
    for i, along in enumerate(np.arange(4.0, arc[-1] - 4.0, 4.5)):
        if np.interp(along, arc, width) < 1.4:
            continue
        x, y, z = (float(np.interp(along, arc, middle[:, axis])) for axis in range(3))
        ahead = [float(np.interp(along + 1.0, arc, middle[:, axis])) for axis in range(2)]
        yaw = float(np.degrees(np.arctan2(ahead[1] - y, ahead[0] - x)))
        pose = Pose(x, y, z + KERB_M, yaw=yaw)
        if i % 6 == 5:
            site.put(lamp, pose, STREET_LIGHTS, "street lamp")
        elif i % 2 == 0:
            site.plant(species, pose)
        elif hedged:
            site.put(site.enclosure(enclosures.hedge, 4.4), pose, FOLIAGE, "hedge")


def _park(site: Site, strip: Strip) -> None:
    """Cars in a parking lane, close to the kerb, mostly parked the way the traffic goes."""
    rng = site.rng
    inner, outer = (strip.inner, strip.outer) if strip.lane < 0 else (strip.inner[::-1], strip.outer[::-1])
    width = np.linalg.norm(outer - inner, axis=1)
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(outer[:, :2], axis=0), axis=1))])
    share, along = float(rng.uniform(0.5, 0.95)), 1.0 + float(rng.uniform(0.0, 3.0))
    while along < arc[-1] - 3.0:
        color = ",".join(str(value) for value in COLORS[rng.integers(len(COLORS))])
        model = model_for(f"vehicle.{PARKED[rng.integers(len(PARKED))]}", {"color": color})
        assert model is not None
        half, middle = model.extent[0], along + model.extent[0]
        ends = np.interp([middle - half, middle + half], arc, width)
        if middle + half > arc[-1] - 0.5:
            return
        inwards = model.extent[1] + float(rng.uniform(0.12, 0.3))
        if rng.random() < share and ends.min() > 2 * model.extent[1] + 0.15:
            site.put(
                _parked(model), _beside(inner, outer, arc, middle, inwards), PARKED_VEHICLES, "parked car"
            )
        along += 2 * half + float(rng.uniform(0.7, 1.6))


def _parked(model: Model) -> Mesh:
    """A car that is only a body and a cabin from afar."""
    (ex, ey, ez), (cx, _, _) = model.extent, model.centre
    body = box((cx - ex, -0.93 * ey, 0.25), (cx + ex, 0.93 * ey, 1.05 * ez))
    cabin = frustum(
        (cx - 0.85 * ex, cx + 0.5 * ex), (-0.85 * ey, 0.85 * ey), (1.05 * ez, 2 * ez), (0.3 * ex, 0.15 * ey)
    )
    builder, tag = Builder(), int(np.bincount(model.mesh.tags).argmax())
    red, green, blue = (int(value) for value in np.median(model.mesh.colors_rgb, axis=0))
    builder.add(np.concatenate([body, cabin]), tag, (red, green, blue), level=FAR)
    return join([model.mesh.at_level(NEAR), builder.mesh()])


def _beside(inner: np.ndarray, outer: np.ndarray, arc: np.ndarray, along_m: float, inwards_m: float) -> Pose:
    at = [
        np.array([np.interp(along_m + d, arc, outer[:, axis]) for axis in range(3)]) for d in (-1.0, 0.0, 1.0)
    ]
    other = np.array([np.interp(along_m, arc, inner[:, axis]) for axis in range(3)])
    x, y, z = at[1] + (other - at[1]) / np.linalg.norm(other - at[1]) * inwards_m
    yaw = float(np.degrees(np.arctan2(*(at[2] - at[0])[[1, 0]])))
    return Pose(float(x), float(y), float(z), yaw=yaw)
