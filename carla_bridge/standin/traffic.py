"""Ambient cars: each follows lanes on rails, keeps its gap, waits at junctions and takes seeded turns."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .actors import Vehicle
from .boxes import Discs
from .driving import change_rate, wrapped_deg
from .geometry import Pose
from .junctions import Junctions
from .schema import Vector3D, VehicleControl

if TYPE_CHECKING:
    from .town import Lane

LOOK_AHEAD_M = 40.0
STANDING_GAP_M = 2.5
SIDE_CLEARANCE_M = 0.25
EASY_BRAKE_MPS2 = 2.5
ACCELERATION_MPS2 = 2.0
HARD_BRAKE_MPS2 = 7.0
STRAIGHT_MPS, TURN_MPS = 9.0, 5.0
TURN_DEG = 25.0


class Driver:
    """One ambient car and the rails it is on: the lane behind, the current one, and those chosen ahead."""

    def __init__(
        self, number: int, vehicle: Vehicle, lanes: Sequence["Lane"], rng: np.random.Generator
    ) -> None:
        self.number, self.vehicle = number, vehicle
        self._lanes, self._rng = lanes, rng
        self._haste = float(rng.uniform(0.75, 0.95))
        self._speed_mps = 0.0
        self.start_on(0, 0.0)

    @property
    def lane(self) -> int:
        """The lane the car is on."""
        return self._route[int(np.searchsorted(self._ends_m[:-1], self._at_m))]

    def start_on(self, lane: int, at_m: float) -> None:
        """Put the car on a lane, standing."""
        self._route, self._at_m, self._speed_mps = [lane], at_m, 0.0
        self._lay_rails()
        self._put(0.0)

    def step(self, delta_s: float, obstacles: Discs, junctions: Junctions) -> None:
        """Drive on for one frame."""
        wanted = min(self._limit(), self._behind_others(obstacles), self._at_junctions(obstacles, junctions))
        slower = max(0.0, self._speed_mps - HARD_BRAKE_MPS2 * delta_s)
        faster = self._speed_mps + ACCELERATION_MPS2 * delta_s
        before, self._speed_mps = self._speed_mps, min(max(wanted, slower), faster)
        if wanted == 0.0:  # somebody stepped right in front: rails stop at once
            self._speed_mps = 0.0
        self._at_m += self._speed_mps * delta_s
        self._shift_rails(junctions)
        self._put(delta_s)
        pedal = (self._speed_mps - before) / max(delta_s, 1e-6)
        self.vehicle.control = VehicleControl(
            min(1.0, max(0.0, pedal / 4)), 0.0, min(1.0, max(0.0, -pedal / 8))
        )

    def _lay_rails(self) -> None:
        while self._length_ahead() < 3 * LOOK_AHEAD_M:
            successors = self._lanes[self._route[-1]].successors
            self._route.append(int(successors[self._rng.integers(len(successors))]))
        points = np.concatenate([self._lanes[lane].points for lane in self._route])
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        self._points, self._arc = points, np.concatenate([[0.0], np.cumsum(steps)])
        last = np.cumsum([len(self._lanes[lane].points) for lane in self._route]) - 1
        self._ends_m = self._arc[last]

    def _length_ahead(self) -> float:
        return sum(_length_m(self._lanes[lane].points) for lane in self._route) - self._at_m

    def _shift_rails(self, junctions: Junctions) -> None:
        """Drop the lane behind once the whole car has left it, and choose more lanes ahead in time."""
        if self._at_m - self._half_length() > self._ends_m[0] + 1.0:
            junctions.leave(self._route[0], self.number)
            following = self._ends_m[0]
            first = len(self._lanes[self._route[0]].points)
            self._at_m -= float(self._arc[first] if first < len(self._arc) else following)
            del self._route[0]
        if self._arc[-1] - self._at_m < 2 * LOOK_AHEAD_M or len(self._ends_m) != len(self._route):
            self._lay_rails()

    def _half_length(self) -> float:
        return self.vehicle.model.extent[0] if self.vehicle.model else 2.3

    def _along(self, at_m: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(at_m, self._arc, self._points[:, axis]) for axis in range(3)], axis=-1)

    def _put(self, delta_s: float) -> None:
        base = self.vehicle.model.wheel_base_m if self.vehicle.model else 2.7
        back, front = self._along(self._at_m + np.array([-base / 2, base / 2]))
        x, y, z = (float(value) for value in (back + front) / 2)
        yaw_deg = float(np.degrees(np.arctan2(front[1] - back[1], front[0] - back[0])))
        heading = (front - back) / max(float(np.linalg.norm(front - back)), 1e-9)
        vehicle, velocity = self.vehicle, Vector3D(*(float(v) for v in heading * self._speed_mps))
        turned_deg = wrapped_deg(yaw_deg - vehicle.pose.yaw)
        vehicle.angular_velocity = Vector3D(0.0, 0.0, turned_deg / delta_s if delta_s else 0.0)
        vehicle.acceleration = change_rate(vehicle.velocity, velocity, delta_s)
        vehicle.pose, vehicle.velocity = Pose(x, y, z, yaw=yaw_deg), velocity
        vehicle.speed_mps = self._speed_mps

    def _limit(self) -> float:
        """Return the speed for this lane, and for slowing down in time for those ahead."""
        speeds = np.array([self._lane_speed(lane) for lane in self._route])
        starts = np.concatenate([[0.0], self._ends_m[:-1]])
        here = self._ends_m + self._half_length() > self._at_m
        room = np.maximum(0.0, starts - self._at_m - self._half_length())
        return float(np.sqrt(speeds**2 + 2 * EASY_BRAKE_MPS2 * room)[here].min())

    def _lane_speed(self, number: int) -> float:
        lane = self._lanes[number]
        limit = lane.speed_limit_kmh / 3.6 * self._haste
        if not lane.in_junction:
            return limit
        start, end = lane.points[1] - lane.points[0], lane.points[-1] - lane.points[-2]
        turn = wrapped_deg(float(np.degrees(np.arctan2(end[1], end[0]) - np.arctan2(start[1], start[0]))))
        return min(limit, TURN_MPS if abs(turn) > TURN_DEG else STRAIGHT_MPS)

    def _behind_others(self, obstacles: Discs) -> float:
        half_width = self.vehicle.model.extent[1] if self.vehicle.model else 1.0
        at_m = np.arange(0.5, LOOK_AHEAD_M, 1.0)
        samples = self._along(self._at_m + self._half_length() + at_m)[:, :2]
        others = obstacles.owners != self.vehicle.id
        apart = np.linalg.norm(samples[:, None] - obstacles.centres[None, others], axis=2)
        hit = (apart < obstacles.radii[others] + half_width + SIDE_CLEARANCE_M).any(axis=1)
        return _stopping_speed(float(at_m[hit.argmax()]) - STANDING_GAP_M) if hit.any() else np.inf

    def _at_junctions(self, obstacles: Discs, junctions: Junctions) -> float:
        nose_m = self._at_m + self._half_length()
        for lane, start_m in zip(self._route[1:], self._ends_m[:-1], strict=True):
            room = float(start_m) - nose_m
            if not self._lanes[lane].in_junction or self._at_m - self._half_length() > start_m + 30.0:
                continue
            if room > self._speed_mps**2 / (2 * EASY_BRAKE_MPS2) + 6.0:
                break
            if not junctions.enter(lane, self.number, obstacles) and room > -1.0:
                return _stopping_speed(room - 1.0)
        return np.inf


def _length_m(points: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def _stopping_speed(room_m: float) -> float:
    return float(np.sqrt(2 * EASY_BRAKE_MPS2 * room_m)) if room_m > 0.0 else 0.0
