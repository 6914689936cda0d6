"""Traffic lights and signs as actors: what a map's signals are called, where they stand, where they stop traffic."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.actors import STILL, Actor
from carla_bridge.standin.protocol.payloads import LIGHT_BYTES, light_details, sign_details
from carla_bridge.standin.protocol.schema import BoundingBox, Rotation, Vector3D
from carla_bridge.standin.roads.network import Network, Signal, Stop

STOP_SIGN, YIELD_SIGN, SPEED_LIMIT = "206", "205", "274"
TRIGGER_LENGTH_M, TRIGGER_HEIGHT_M = 3.0, 2.0
LAMPS_M, LAMPS_EXTENT = 3.4, Vector3D(0.18, 0.18, 0.5)  # middle above the foot, half the size
NOWHERE = BoundingBox(STILL, STILL)
FOOT_M = 0.3  # half the size of the box of a sign that stops nobody


class LightState(IntEnum):
    """What a traffic light shows, as the client numbers it."""

    RED = 0
    YELLOW = 1
    GREEN = 2
    OFF = 3
    UNKNOWN = 4


@dataclass
class TrafficSign(Actor):
    """A sign of the map; its bounding box is where vehicles notice it, as in CARLA."""

    sign_id: str = ""
    trigger: BoundingBox = NOWHERE
    _still: tuple[Pose, str] | None = None  # what the kept record is of
    _record: bytes = b""

    @property
    def bounding_box(self) -> BoundingBox:
        """The trigger volume, in the sign's own frame."""
        return self.trigger._replace(actor_id=self.id)

    def semantic_tags(self) -> bytes:
        """Return the tag of a sign."""
        return bytes([tags.TRAFFIC_SIGNS])

    def details(self) -> bytes:
        """Return the number by which the client finds the sign in its map."""
        return sign_details(self.sign_id)

    def record(self) -> bytes:
        """Return the record in the world state; most of it never changes."""
        if self._still != (self.pose, self.sign_id):
            self._still, self._record = (self.pose, self.sign_id), super().record()
        return self._record


@dataclass
class TrafficLight(TrafficSign):
    """A traffic light; `light_cycles` switches it."""

    light: LightState = LightState.RED
    green_s: float = 10.0
    yellow_s: float = 3.0
    red_s: float = 2.0  # how long everybody has red after this one was green
    elapsed_s: float = 0.0  # since it shows what it shows
    pole: int = 0
    is_frozen: bool = False

    def show(self, light: LightState) -> None:
        """Switch to another colour."""
        if light != self.light:
            self.light, self.elapsed_s = light, 0.0

    def semantic_tags(self) -> bytes:
        """Return the tag of a traffic light."""
        return bytes([tags.TRAFFIC_LIGHT])

    def record(self) -> bytes:
        """Return the record in the world state: that of a sign, and the times and the colour."""
        times_s = self.green_s, self.yellow_s, self.red_s, self.elapsed_s
        return super().record()[:-LIGHT_BYTES] + light_details(times_s, self.pole, self.is_frozen, self.light)


def lamps_box(light: TrafficLight) -> BoundingBox:
    """Return the box round a usual light's lamps, in the world."""
    pose = light.pose
    return BoundingBox(Vector3D(pose.x, pose.y, pose.z + LAMPS_M), LAMPS_EXTENT, Rotation(yaw=pose.yaw))


def type_id_of(signal: Signal) -> str:
    """Return CARLA's name for what a signal is."""
    if signal.is_traffic_light:
        return "traffic.traffic_light"
    if signal.kind == SPEED_LIMIT:
        return f"traffic.speed_limit.{round(signal.value)}"
    return {STOP_SIGN: "traffic.stop", YIELD_SIGN: "traffic.yield"}.get(signal.kind, "traffic.unknown")


def signs_of(network: Network, add: Callable[[str, Pose], Actor]) -> list[TrafficSign]:
    """Return the actors of all the network's signals, in order, made by `add`."""
    poles = pole_numbers([signal.pose for signal in network.signals])
    made = []
    for signal, pole in zip(network.signals, poles, strict=True):
        sign = add(type_id_of(signal), signal.pose)
        assert isinstance(sign, TrafficSign)
        sign.sign_id, sign.trigger = signal.id, trigger_box(network, signal)
        if isinstance(sign, TrafficLight):
            sign.pole = pole
        made.append(sign)
    return made


def pole_numbers(poses: list[Pose]) -> list[int]:
    """Return for each pose how many before it stand at the same foot."""
    seen: dict[tuple[int, int], int] = {}
    numbers = []
    for pose in poses:
        foot = round(pose.x), round(pose.y)
        numbers.append(seen.get(foot, 0))
        seen[foot] = numbers[-1] + 1
    return numbers


def stop_line(network: Network, stop: Stop) -> tuple[np.ndarray, np.ndarray, float]:
    """Return where a stop is (3), the way traffic goes there (2, length 1), and half the width of the lane."""
    lane = network.lanes[stop.lane]
    at = min(max(stop.point, 0), len(lane.points) - 1)
    step = lane.points[min(at + 1, len(lane.points) - 1)] - lane.points[max(at - 1, 0)]
    ahead = step[:2] / max(float(np.linalg.norm(step[:2])), 1e-9)
    return lane.points[at], ahead, lane.width_m / 2


def trigger_box(network: Network, signal: Signal) -> BoundingBox:
    """Return the box over the lanes that a signal stops, in the signal's own frame."""
    corners = [corner for stop in signal.stops for corner in _zone_corners(*stop_line(network, stop))]
    if not corners:
        return BoundingBox(Vector3D(z=FOOT_M), Vector3D(FOOT_M, FOOT_M, FOOT_M))
    local = (np.linalg.inv(signal.pose.matrix()) @ np.array(corners).T)[:3]
    low, high = local.min(axis=1), local.max(axis=1)
    high[2] += TRIGGER_HEIGHT_M
    return BoundingBox(Vector3D(*((low + high) / 2).tolist()), Vector3D(*((high - low) / 2).tolist()))


def _zone_corners(point: np.ndarray, ahead: np.ndarray, half_width_m: float) -> list[tuple[float, ...]]:
    across = np.array([-ahead[1], ahead[0]]) * half_width_m
    return [
        (*(point[:2] - ahead * back_m + across * side), point[2], 1.0)
        for back_m in (0.0, TRIGGER_LENGTH_M)
        for side in (-1.0, 1.0)
    ]
