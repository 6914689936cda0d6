"""Instruments that feel ahead: radar and the obstacle detector."""

from collections.abc import Mapping
from math import pi, radians, tan
from typing import TYPE_CHECKING

import numpy as np

from carla_bridge.labels import TAG_TABLES
from carla_bridge.standin.life.actors import STILL, number, to_transform
from carla_bridge.standin.protocol.payloads import Payload, SensorType, sensor_header
from carla_bridge.standin.protocol.schema import ActorDescription, BoundingBox, WireActor
from carla_bridge.standin.protocol.wire import encode_body

if TYPE_CHECKING:
    from carla_bridge.standin.instruments.scene import Scene, Station

MAX_POINTS = 500_000
WIDEST_DEG = 175.0
RINGS, SPOKES = (0.5, 1.0), 8  # of the bundle of rays that stands for the obstacle detector's ball


class Radar:
    """Rays at random within a cone: how fast what they meet comes or goes, where, and how far."""

    def __init__(self, attributes: Mapping[str, str]):
        fov = number(attributes, "horizontal_fov", 30.0), number(attributes, "vertical_fov", 30.0)
        self._spread = np.array([tan(radians(min(WIDEST_DEG, max(0.0, angle)) / 2)) for angle in fov])
        self._range_m = max(0.0, number(attributes, "range", 100.0))
        self._points_per_second = number(attributes, "points_per_second", 1500)
        self._rng = np.random.default_rng(int(abs(number(attributes, "noise_seed", 0))))
        self._last_s: float | None = None

    def measure(self, own: "Station", scene: "Scene") -> list[Payload]:
        """Return velocity (positive: going away), azimuth, altitude (rad) and depth (m) of every echo."""
        delta_s = scene.moment.delta_s if self._last_s is None else scene.moment.elapsed_s - self._last_s
        self._last_s = scene.moment.elapsed_s
        local = self._rays(int(min(MAX_POINTS, max(0.0, self._points_per_second * delta_s))))
        matrix = own.pose.matrix()
        rays = local @ matrix[:3, :3].T
        hits = scene.cast(np.broadcast_to(matrix[:3, 3], rays.shape), rays, self._range_m)
        met = hits.met
        velocities = np.array([scene.velocities.get(int(i), STILL) for i in hits.actor_ids[met]])
        relative = velocities.reshape(-1, 3) - np.array(own.velocity)
        x, y, z = local[met].T
        echoes = [np.einsum("ij,ij->i", relative, rays[met]), np.arctan2(y, x), np.arcsin(z)]
        payload = np.column_stack([*echoes, hits.distances_m[met]]).astype("<f4").tobytes()
        return [sensor_header(SensorType.RADAR, scene.moment, to_transform(own.pose)) + payload]

    def _rays(self, count: int) -> np.ndarray:
        """Return rays in the sensor's axes, N,3 of length 1, denser in the middle, as CARLA's are."""
        radius, angle = self._rng.random(count), self._rng.random(count) * 2 * pi
        across = self._spread[0] * radius * np.cos(angle)
        rays = np.column_stack([np.ones(count), across, self._spread[1] * radius * np.sin(angle)])
        return rays / np.linalg.norm(rays, axis=1, keepdims=True)


class ObstacleDetector:
    """What a ball sent ahead would touch first, felt by a bundle of rays; silent when the way is free."""

    def __init__(self, attributes: Mapping[str, str]):
        self._distance_m = max(0.0, number(attributes, "distance", 5.0))
        self._radius_m = max(0.0, number(attributes, "hit_radius", 0.5))
        self._only_dynamics = attributes.get("only_dynamics", "false").lower() in ("true", "1")

    def measure(self, own: "Station", scene: "Scene") -> list[Payload]:
        """Return the nearest obstacle, if there is one."""
        parent = own.sensor.parent
        if parent is None:
            return []
        offsets, bulges = self._bundle()
        matrix = own.pose.matrix()
        origins = offsets @ matrix[:3, 1:3].T + matrix[:3, 3]
        rays = np.broadcast_to(matrix[:3, 0], origins.shape)
        hits = scene.cast(origins, rays, self._distance_m + self._radius_m, but=parent.id)
        gaps = np.where(hits.met, np.maximum(0.0, hits.distances_m - bulges), np.inf)
        if self._only_dynamics:
            gaps[hits.actor_ids == 0] = np.inf
        nearest = int(gaps.argmin())
        if not gaps[nearest] <= self._distance_m:
            return []
        actor_id = int(hits.actor_ids[nearest])
        other = scene.actors[actor_id].describe() if actor_id else fixed_thing(int(hits.tags[nearest]))
        header = sensor_header(SensorType.OBSTACLE, scene.moment, to_transform(own.pose))
        return [header + encode_body([parent.describe(), other, float(gaps[nearest])])]

    def _bundle(self) -> tuple[np.ndarray, np.ndarray]:
        """Return where the rays start across the way (R,2: right, up), and how far the ball bulges ahead of each."""
        angles = np.arange(SPOKES) * 2 * pi / SPOKES
        circle = np.column_stack([np.cos(angles), np.sin(angles)])
        shares = np.concatenate([np.zeros((1, 2)), *(share * circle for share in RINGS)])
        bulges = np.sqrt(np.maximum(0.0, 1.0 - (shares**2).sum(axis=1)))
        return shares * self._radius_m, bulges * self._radius_m


def fixed_thing(tag: int) -> WireActor:
    """Return a stand-in actor for a piece of scenery, named after its tag as CARLA names it."""
    name = next((row.name for row in TAG_TABLES["0.9.14"].rows if row.tag == tag), "unknown")
    return WireActor(
        0,
        0,
        ActorDescription(0, f"static.{name.lower()}"),
        BoundingBox(STILL, STILL),
        bytes([tag]),
        b"",
    )
