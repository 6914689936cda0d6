"""Rotating lidars: a fan of lasers that sweeps on with time, and what each laser's light meets."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carla_bridge.standin.life.actors import number, to_transform
from carla_bridge.standin.protocol.payloads import Payload, SensorType, lidar_header, sensor_header

if TYPE_CHECKING:
    from carla_bridge.standin.instruments.scene import Scene, Station
    from carla_bridge.standin.rendering.casting import Hits

MAX_CHANNELS, MAX_POINTS = 512, 1_000_000  # of one measurement
MAX_RANGE_M = 1000.0
MAX_POINTS_PER_SECOND, MAX_ROTATION_HZ = 1e8, 1e4
LABELLED = np.dtype([("xyz", "<f4", 3), ("cosine", "<f4"), ("object", "<u4"), ("tag", "<u4")])


@dataclass(frozen=True)
class Sweep:
    """How the lasers are set and turn."""

    channels: int
    range_m: float
    points_per_second: float
    rotation_hz: float
    upper_deg: float
    lower_deg: float
    horizontal_deg: float

    @staticmethod
    def of(attributes: Mapping[str, str]) -> "Sweep":
        """Read what the blueprint says; nonsense becomes the nearest that is possible."""
        return Sweep(
            min(MAX_CHANNELS, max(1, int(number(attributes, "channels", 32)))),
            min(MAX_RANGE_M, max(0.0, number(attributes, "range", 10.0))),
            min(MAX_POINTS_PER_SECOND, max(0.0, number(attributes, "points_per_second", 56000))),
            min(MAX_ROTATION_HZ, max(0.0, number(attributes, "rotation_frequency", 10.0))),
            min(90.0, max(-90.0, number(attributes, "upper_fov", 10.0))),
            min(90.0, max(-90.0, number(attributes, "lower_fov", -30.0))),
            min(360.0, max(0.1, number(attributes, "horizontal_fov", 360.0))),
        )

    def rays(self, from_deg: float, delta_s: float) -> np.ndarray:
        """Return a frame's rays in the sensor's axes, channel by channel: C,N,3 float64 of length 1."""
        count = round(self.points_per_second * delta_s / self.channels)
        count = min(count, MAX_POINTS // self.channels)
        swept_deg = self.rotation_hz * self.horizontal_deg * delta_s
        turned = np.fmod(from_deg + swept_deg * np.arange(count) / max(1, count), self.horizontal_deg)
        yaw = np.radians(turned - self.horizontal_deg / 2)[None]
        pitch = np.radians(np.linspace(self.upper_deg, self.lower_deg, self.channels))[:, None]
        ahead, right = np.cos(pitch) * np.cos(yaw), np.cos(pitch) * np.sin(yaw)
        return np.stack([ahead, right, np.broadcast_to(np.sin(pitch), ahead.shape)], axis=-1)


@dataclass(frozen=True)
class Losses:
    """What plain lidars lose on the way."""

    attenuation_per_m: float
    noise_stddev_m: float
    general: float
    limit: float
    at_zero: float
    seed: int

    @staticmethod
    def of(attributes: Mapping[str, str]) -> "Losses":
        """Read what the blueprint says."""
        return Losses(
            number(attributes, "atmosphere_attenuation_rate", 0.004),
            max(0.0, number(attributes, "noise_stddev", 0.0)),
            number(attributes, "dropoff_general_rate", 0.45),
            number(attributes, "dropoff_intensity_limit", 0.8),
            number(attributes, "dropoff_zero_intensity", 0.4),
            int(abs(number(attributes, "noise_seed", 0))),
        )

    def weak(self, intensities: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return which echoes are too weak to be heard: surely `at_zero` of those of no strength, none at the limit."""
        if self.limit <= 0.0:
            return np.zeros(len(intensities), bool)
        chance = self.at_zero * (1.0 - intensities / self.limit)
        return rng.random(len(intensities)) < chance


class _Rotating(ABC):
    """What both lidars share: the sweep, and how far it has come."""

    kind: SensorType

    def __init__(self, attributes: Mapping[str, str]):
        self._sweep = Sweep.of(attributes)
        self._angle_deg = 0.0
        self._last_s: float | None = None
        self._period_s = number(attributes, "sensor_tick", 0.0)

    def measure(self, own: "Station", scene: "Scene") -> list[Payload]:
        """Return the points of the time since the measurement before."""
        first_s = max(self._period_s, scene.moment.delta_s)
        delta_s = first_s if self._last_s is None else scene.moment.elapsed_s - self._last_s
        self._last_s = scene.moment.elapsed_s
        rays = self._sweep.rays(self._angle_deg, delta_s)
        swept_deg = self._sweep.rotation_hz * self._sweep.horizontal_deg * delta_s
        self._angle_deg = float(np.fmod(self._angle_deg + swept_deg, self._sweep.horizontal_deg))
        if not rays.size:
            return []
        channels = np.repeat(np.arange(len(rays)), rays.shape[1])
        kept = self._kept(len(channels))
        local, channels = rays.reshape(-1, 3)[kept], channels[kept]
        matrix = own.pose.matrix()
        origins = np.broadcast_to(matrix[:3, 3], local.shape)
        hits = scene.cast(origins, local @ matrix[:3, :3].T, self._sweep.range_m)
        heard, points = self._points(local, hits, matrix)
        counts = np.bincount(channels[heard], minlength=len(rays))
        header = sensor_header(self.kind, scene.moment, to_transform(own.pose))
        return [header + lidar_header(float(np.radians(self._angle_deg)), counts.tolist()) + points.tobytes()]

    def _kept(self, count: int) -> np.ndarray:
        """Return which lasers fire at all."""
        return np.ones(count, bool)

    @abstractmethod
    def _points(self, local: np.ndarray, hits: "Hits", matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return which rays come back, and the points of those."""


class Lidar(_Rotating):
    """Points with the intensity of their echo."""

    kind = SensorType.LIDAR

    def __init__(self, attributes: Mapping[str, str]):
        super().__init__(attributes)
        self._losses = Losses.of(attributes)
        self._rng = np.random.default_rng(self._losses.seed)

    def _kept(self, count: int) -> np.ndarray:
        return self._rng.random(count) >= self._losses.general

    def _points(self, local: np.ndarray, hits: "Hits", matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        intensities = np.exp(-self._losses.attenuation_per_m * hits.distances_m)
        heard = hits.met & ~self._losses.weak(intensities, self._rng)
        distances = hits.distances_m[heard]
        if self._losses.noise_stddev_m:
            distances = distances + self._rng.normal(0.0, self._losses.noise_stddev_m, len(distances))
        points = np.column_stack([local[heard] * distances[:, None], intensities[heard]])
        return heard, points.astype(np.float32)


class SemanticLidar(_Rotating):
    """Points with the cosine of the angle of incidence, the actor and the tag."""

    kind = SensorType.LIDAR_SEMANTIC

    def _points(self, local: np.ndarray, hits: "Hits", matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        heard = hits.met
        points = np.empty(int(heard.sum()), LABELLED)
        points["xyz"] = local[heard] * hits.distances_m[heard, None]
        inward = local[heard] @ matrix[:3, :3].T
        points["cosine"] = np.abs(np.einsum("ij,ij->i", inward, hits.normals[heard]))
        points["object"], points["tag"] = hits.actor_ids[heard], hits.tags[heard]
        return heard, points
