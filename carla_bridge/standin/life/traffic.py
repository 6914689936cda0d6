"""Ambient cars: each follows lanes on rails, keeps its gap, waits at lights and junctions and takes seeded turns."""

from collections.abc import Mapping, Sequence
from math import atan2, degrees, hypot, inf

import numpy as np

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.actors import Vehicle
from carla_bridge.standin.life.boxes import Discs
from carla_bridge.standin.life.driving import change_rate, wrapped_deg
from carla_bridge.standin.life.junctions import Junctions
from carla_bridge.standin.life.rails import Rails
from carla_bridge.standin.life.signs import LightState
from carla_bridge.standin.protocol.schema import Vector3D, VehicleControl
from carla_bridge.standin.roads.network import Lane, Network

LOOK_AHEAD_M = 40.0
AHEAD_M = np.arange(0.5, LOOK_AHEAD_M, 1.0)  # where it is looked whether the way is free
STANDING_GAP_M = 2.5
SIDE_CLEARANCE_M = 0.25
EASY_BRAKE_MPS2 = 2.5
ACCELERATION_MPS2 = 2.0
HARD_BRAKE_MPS2 = 7.0
END_M = 8.0  # before the end of a road that leads nowhere
ALREADY_OVER_M = 1.0

Stops = Mapping[int, Sequence[float]]  # lane → where along it traffic lights stop traffic, metres


def light_stops(network: Network) -> Stops:
    """Return where the traffic lights of a network stop traffic."""
    stops: dict[int, list[float]] = {}
    for signal in network.signals:
        for stop in signal.stops if signal.is_traffic_light else ():
            steps = np.linalg.norm(np.diff(network.lanes[stop.lane].points, axis=0), axis=1)
            stops.setdefault(stop.lane, []).append(float(steps[: stop.point].sum()))
    return stops


class Driver:
    """One ambient car and the rails it is on."""

    def __init__(
        self, number: int, vehicle: Vehicle, lanes: Sequence[Lane], rng: np.random.Generator, stops: Stops
    ) -> None:
        self.number, self.vehicle = number, vehicle
        self._lanes, self._stops = lanes, stops
        self._rails = Rails(lanes, rng)
        self._haste = float(rng.uniform(0.75, 0.95))
        self._speed_mps = 0.0
        self._put(0.0)

    @property
    def lane(self) -> int:
        """The lane the car is on."""
        return self._rails.lane

    @property
    def is_at_end(self) -> bool:
        """Say whether the road ends here, so that the car has to start somewhere else."""
        return self._rails.room_m < END_M

    def start_on(self, lane: int, at_m: float) -> None:
        """Put the car on a lane, standing."""
        self._rails.start_on(lane, at_m)
        self._speed_mps = 0.0
        self._put(0.0)

    def step(self, delta_s: float, obstacles: Discs, junctions: Junctions) -> None:
        """Drive on for one frame."""
        ahead_m = self._ahead_m(obstacles)
        wanted = min(
            self._rails.speed_mps(self._haste, EASY_BRAKE_MPS2),
            _stopping_speed(ahead_m - STANDING_GAP_M) if ahead_m < inf else inf,
            self._at_light(),
            self._at_junctions(obstacles, junctions, ahead_m),
        )
        slower = max(0.0, self._speed_mps - HARD_BRAKE_MPS2 * delta_s)
        faster = self._speed_mps + ACCELERATION_MPS2 * delta_s
        before, self._speed_mps = self._speed_mps, min(max(wanted, slower), faster)
        if wanted == 0.0:  # somebody stepped right in front: rails stop at once
            self._speed_mps = 0.0
        for lane in self._rails.advance(self._speed_mps * delta_s, self._half_length()):
            junctions.leave(lane, self.number)
        self._put(delta_s)
        self.vehicle.driven_m += self._speed_mps * delta_s
        pedal = (self._speed_mps - before) / max(delta_s, 1e-6)
        self.vehicle.control = VehicleControl(
            min(1.0, max(0.0, pedal / 4)), 0.0, min(1.0, max(0.0, -pedal / 8))
        )

    def _half_length(self) -> float:
        return self.vehicle.model.extent[0] if self.vehicle.model else 2.3

    def _nose_m(self) -> float:
        return self._rails.at_m + self._half_length()

    def _put(self, delta_s: float) -> None:
        base = self.vehicle.model.wheel_base_m if self.vehicle.model else 2.7
        back, front = (self._rails.point(self._rails.at_m + shift) for shift in (-base / 2, base / 2))
        x, y, z = ((a + b) / 2 for a, b in zip(back, front, strict=True))
        dx, dy, dz = (b - a for a, b in zip(back, front, strict=True))
        yaw_deg, pitch_deg = degrees(atan2(dy, dx)), degrees(atan2(dz, hypot(dx, dy)))
        scale = self._speed_mps / max(hypot(dx, dy, dz), 1e-9)
        vehicle, velocity = self.vehicle, Vector3D(dx * scale, dy * scale, dz * scale)
        turned_deg = wrapped_deg(yaw_deg - vehicle.pose.yaw)
        vehicle.angular_velocity = Vector3D(0.0, 0.0, turned_deg / delta_s if delta_s else 0.0)
        vehicle.acceleration = change_rate(vehicle.velocity, velocity, delta_s)
        vehicle.pose, vehicle.velocity = Pose(x, y, z, pitch_deg, yaw_deg), velocity
        vehicle.speed_mps = self._speed_mps

    def _ahead_m(self, obstacles: Discs) -> float:
        """Return how far ahead somebody is in the way."""
        half_width = self.vehicle.model.extent[1] if self.vehicle.model else 1.0
        clear_m = half_width + SIDE_CLEARANCE_M
        return self._rails.touched_m(self._nose_m(), AHEAD_M, self.vehicle.id, clear_m, obstacles)

    def _at_light(self) -> float:
        """Return the speed for a light that is not green; who cannot stop any more goes on."""
        light = self.vehicle.traffic_light
        if light is None or light.light not in (LightState.RED, LightState.YELLOW):
            return np.inf
        for lane, start_m in zip(self._rails.route, self._rails.starts_m, strict=True):
            for stop_m in self._stops.get(lane, ()):
                room = float(start_m) + stop_m - self._nose_m()
                if room > -ALREADY_OVER_M:
                    return _stopping_speed(room - 0.5) if room < LOOK_AHEAD_M else np.inf
        return np.inf

    def _at_junctions(self, obstacles: Discs, junctions: Junctions, ahead_m: float) -> float:
        """Return the speed for junctions: nobody drives in who could not drive out, so that none is ever blocked."""
        nose_m, own_m = self._nose_m(), 2 * self._half_length() + STANDING_GAP_M
        for ways, start_m, end_m in self._ways():
            room = start_m - nose_m
            if room > self._speed_mps**2 / (2 * EASY_BRAKE_MPS2) + 6.0:
                break
            if junctions.holds(ways, self.number):
                continue
            may = ahead_m > end_m - nose_m + own_m and junctions.enter(ways, self.number, obstacles)
            if not may and room > -ALREADY_OVER_M:
                return _stopping_speed(room - 1.0)
        return np.inf

    def _ways(self) -> list[tuple[list[int], float, float]]:
        """Return each junction on the route: its lanes, and where they begin and end."""
        found: list[tuple[list[int], float, float]] = []
        inside = False
        rails = self._rails
        for lane, start_m, end_m in zip(rails.route, rails.starts_m, rails.ends_m, strict=True):
            if self._lanes[lane].in_junction:
                before = found.pop() if inside else ([], float(start_m), 0.0)
                found.append(([*before[0], lane], before[1], float(end_m)))
            inside = self._lanes[lane].in_junction
        return found


def _stopping_speed(room_m: float) -> float:
    return float(np.sqrt(2 * EASY_BRAKE_MPS2 * room_m)) if room_m > 0.0 else 0.0
