"""What a vehicle's instruments show, and where its wheels stand."""

from math import pi
from typing import NamedTuple

from carla_bridge.standin.library.builds import IDLE_RPM
from carla_bridge.standin.life.actors import Vehicle
from carla_bridge.standin.life.driving import steer_angle_deg
from carla_bridge.standin.protocol.reading import Int32

GRAVITY_MPS2 = 9.81
FRONT = 2  # wheels, of four


class WheelTelemetry(NamedTuple):
    """What one wheel feels: slips, rad/s, newtons, newton metres."""

    tire_friction: float = 0.0
    lat_slip: float = 0.0
    long_slip: float = 0.0
    omega: float = 0.0
    tire_load: float = 0.0
    normalized_tire_load: float = 0.0
    torque: float = 0.0
    long_force: float = 0.0
    lat_force: float = 0.0
    normalized_long_force: float = 0.0
    normalized_lat_force: float = 0.0


class Telemetry(NamedTuple):
    """What a vehicle's instruments show; speed in m/s."""

    speed: float
    steer: float
    throttle: float
    brake: float
    engine_rpm: float
    gear: Int32
    drag: float
    wheels: tuple[WheelTelemetry, ...]


def telemetry(vehicle: Vehicle) -> Telemetry:
    """Return the readings of all instruments."""
    control, physics = vehicle.control, vehicle.physics
    wheels = [_wheel(vehicle, number) for number in range(len(physics.wheels))]
    return Telemetry(
        vehicle.speed_mps,
        control.steer,
        control.throttle,
        control.brake,
        engine_rpm(vehicle),
        vehicle.gear,
        physics.drag_coefficient,
        tuple(wheels),
    )


def engine_rpm(vehicle: Vehicle) -> float:
    """Return how fast the engine turns."""
    physics = vehicle.physics
    ratios = [gear.ratio for gear in physics.forward_gears] or [1.0]
    ratio = ratios[min(max(abs(vehicle.gear), 1), len(ratios)) - 1] * physics.final_ratio
    radius_m = max(0.1, physics.wheels[0].radius / 100.0) if physics.wheels else 0.35
    return min(physics.max_rpm, max(IDLE_RPM, abs(vehicle.speed_mps) / (2 * pi * radius_m) * 60.0 * ratio))


def _wheel(vehicle: Vehicle, number: int) -> WheelTelemetry:
    wheel, count = vehicle.physics.wheels[number], len(vehicle.physics.wheels)
    load_n = vehicle.physics.mass * GRAVITY_MPS2 / count
    along, across = vehicle.own_acceleration()
    force_n, side_n = (vehicle.physics.mass * part / count for part in (along, across))
    radius_m = max(0.01, wheel.radius / 100.0)
    return WheelTelemetry(
        tire_friction=wheel.tire_friction,
        omega=vehicle.speed_mps / radius_m,
        tire_load=load_n,
        normalized_tire_load=1.0,
        torque=force_n * radius_m,
        long_force=force_n,
        lat_force=side_n,
        normalized_long_force=force_n / load_n,
        normalized_lat_force=side_n / load_n,
    )


def wheel_steer_deg(vehicle: Vehicle, wheel: int) -> float:
    """Return how far a wheel is turned: 0 and 1 are the front ones."""
    return steer_angle_deg(vehicle) if wheel < FRONT else 0.0
