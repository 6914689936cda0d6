"""Which vehicle is at which traffic light: the stretch of lane before each stop line, for all vehicles at once."""

from collections.abc import Sequence

import numpy as np

from carla_bridge.standin.life.actors import Vehicle
from carla_bridge.standin.life.signs import TrafficLight, TrafficSign, stop_line
from carla_bridge.standin.roads.network import Network

ZONE_M = 4.0  # before the line, for whoever stands; longer for whoever comes fast
BEYOND_M = 0.7
BRAKING_MPS2 = 6.0
LONGEST_M = 25.0
STOREY_M = 3.0
SAME_WAY = 0.7  # cosine of the angle between vehicle and lane


class StopZones:
    """The stop lines of all traffic lights as arrays."""

    def __init__(self, network: Network, signs: Sequence[TrafficSign]) -> None:
        lights, lines = list[TrafficLight](), list[tuple[float, ...]]()
        for signal, sign in zip(network.signals, signs, strict=True):
            for stop in signal.stops if isinstance(sign, TrafficLight) else ():
                point, ahead, half_width_m = stop_line(network, stop)
                lights.append(sign)  # type: ignore[arg-type]
                lines.append((*point, *ahead, half_width_m))
        self._lights = lights
        self._light_ids = np.array([light.id for light in lights])
        self._lines = np.array(lines, np.float64).reshape(-1, 6)  # x, y, z, ahead x, ahead y, half a width

    def tell(self, vehicles: Sequence[Vehicle]) -> None:
        """Let each vehicle know the light whose stop line it is just before."""
        if not self._lights or not vehicles:
            return
        known = np.array([0 if v.traffic_light is None else v.traffic_light.id for v in vehicles])
        found = self._nearest_zone(np.array([_front(vehicle) for vehicle in vehicles]), known)
        for vehicle, zone in zip(vehicles, found.tolist(), strict=True):
            vehicle.traffic_light = self._lights[zone] if zone >= 0 else None

    def _nearest_zone(self, fronts: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Return for each front (N,6: x, y, z, heading x, heading y, speed) the zone it is in, or -1.

        Who has noticed a light (`known`, N ids) does not lose it by getting slower.
        """
        x, y, z, ahead_x, ahead_y, half_width_m = self._lines.T
        dx, dy = x - fronts[:, :1], y - fronts[:, 1:2]  # N,Z: from the front to the line
        to_line_m = dx * ahead_x + dy * ahead_y
        aside_m = np.abs(dx * ahead_y - dy * ahead_x)
        reach_m = np.clip(fronts[:, 5:] ** 2 / (2 * BRAKING_MPS2) + 2.0, ZONE_M, LONGEST_M)
        reach_m = np.where(known[:, None] == self._light_ids, LONGEST_M, reach_m)
        inside = (to_line_m > -BEYOND_M) & (to_line_m < reach_m) & (aside_m < half_width_m)
        inside &= np.abs(z - fronts[:, 2:3]) < STOREY_M
        inside &= fronts[:, 3:4] * ahead_x + fronts[:, 4:5] * ahead_y > SAME_WAY
        nearest = np.where(inside, to_line_m, np.inf).argmin(axis=1)
        return np.where(inside[np.arange(len(fronts)), nearest], nearest, -1)


def _front(vehicle: Vehicle) -> tuple[float, ...]:
    yaw, pose = np.radians(vehicle.pose.yaw), vehicle.pose
    length_m = 0.0 if vehicle.model is None else vehicle.model.extent[0] + vehicle.model.centre[0]
    cos, sin = float(np.cos(yaw)), float(np.sin(yaw))
    return pose.x + cos * length_m, pose.y + sin * length_m, pose.z, cos, sin, vehicle.speed_mps
