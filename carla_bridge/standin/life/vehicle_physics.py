"""What `get_physics_control` tells of a vehicle: masses, motors and wheels after its model; nothing here moves it."""

from collections.abc import Sequence

import numpy as np

from carla_bridge.standin.bodies.models import Model, Wheel
from carla_bridge.standin.bodies.vehicles import Motor
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.protocol.schema import GearPhysics, Vector2D, Vector3D, VehiclePhysics, WheelPhysics

FAST = 120.0  # km/h; there the front wheels turn less
WHEELS = 4  # of every vehicle in CARLA's physics: those of two-wheelers count twice
GEARS = (4.25, 2.52, 1.66, 1.22, 1.0)


def physics_of(model: Model | None) -> VehiclePhysics:
    """Return the physics of a model, wheels in the vehicle's own frame; CARLA's defaults for a vehicle without one."""
    if model is None or model.motor is None:
        return VehiclePhysics()
    motor = model.motor
    height = 2 * model.extent[2]
    return VehiclePhysics(
        torque_curve=_torque_curve(motor),
        max_rpm=motor.max_rpm,
        forward_gears=tuple(GearPhysics(ratio) for ratio in GEARS),
        mass=motor.mass_kg,
        drag_coefficient=0.3 if height < 1.7 else 0.4,
        center_of_mass=Vector3D(0.0, 0.0, round(0.3 * height, 3)),
        steering_curve=(Vector2D(0.0, 1.0), Vector2D(20.0, 0.9), Vector2D(60.0, 0.8), Vector2D(FAST, 0.7)),
        wheels=tuple(_wheel(wheel, motor) for wheel in _doubled(model.wheels)),
    )


def placed(physics: VehiclePhysics, own: Sequence[Wheel], pose: Pose) -> VehiclePhysics:
    """Return the physics with its wheels where they are in the world, as CARLA tells them, in centimetres."""
    matrix = pose.matrix()
    spots = [matrix @ (wheel.x, wheel.y, wheel.radius, 1.0) for wheel in _doubled(own)]
    if len(spots) != len(physics.wheels):
        return physics
    wheels = (
        wheel._replace(position=Vector3D(*(100.0 * spot[:3]).tolist()))
        for wheel, spot in zip(physics.wheels, spots, strict=True)
    )
    return physics._replace(wheels=tuple(wheels))


def _torque_curve(motor: Motor) -> tuple[Vector2D, ...]:
    """Torque over engine speed: rising, full in the middle, falling off towards the red line."""
    shares = ((0.0, 0.75), (0.3, 1.0), (0.65, 1.0), (1.0, 0.7))
    return tuple(Vector2D(round(x * motor.max_rpm, 1), round(y * motor.torque_nm, 1)) for x, y in shares)


def _doubled(wheels: Sequence[Wheel]) -> list[Wheel]:
    """Return the wheels as the physics count them: a left and a right one, front ones first."""
    return [wheel for wheel in wheels for _ in range(max(1, WHEELS // len(wheels)))]


def _wheel(wheel: Wheel, motor: Motor) -> WheelPhysics:
    steers = wheel.x > 0.0
    load = motor.mass_kg * 9.81 * wheel.radius / WHEELS  # Nm that lock the wheel at a friction of one
    return WheelPhysics(
        max_steer_angle=motor.steer_deg if steers else 0.0,
        radius=round(100.0 * wheel.radius, 1),
        max_brake_torque=round(1.2 * load, 1),
        max_handbrake_torque=0.0 if steers else round(2.0 * load, 1),
        position=Vector3D(*(100.0 * np.array([wheel.x, wheel.y, wheel.radius])).tolist()),
    )
