"""How vehicles and walkers move under a client's control: kinematic, no forces, no collisions response."""

from collections.abc import Sequence
from dataclasses import replace
from math import atan, atan2, cos, degrees, hypot, inf, radians, sin, tan

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.actors import Vehicle, Walker
from carla_bridge.standin.protocol.schema import Vector2D, Vector3D, VehicleControl

FULL_BRAKE_MPS2 = 8.0
HAND_BRAKE_MPS2 = 6.0
ROLLING_MPS2 = 0.25
ENGINE_BRAKE_MPS2 = 0.6
DRAG_PER_M = 0.0012
REVERSE_TOP_MPS = 10.0
USUAL_DRAG = 0.3  # the drag coefficient that DRAG_PER_M belongs to
SUBSTEP_S = 0.02
ACKERMANN_GAIN = 0.8
USUAL_STEER_DEG = 50.0
GRAVITY_MPS2 = 9.81
JUMP_MPS = 4.2


def drive(vehicle: Vehicle, delta_s: float) -> None:
    """Advance a vehicle by one frame: a kinematic bicycle; steer > 0 turns right."""
    vehicle.forget()
    before = vehicle.velocity
    pose, steps = vehicle.pose, max(1, round(delta_s / SUBSTEP_S))
    yaw_rate_deg_s = course_deg = 0.0
    for _ in range(steps):
        vehicle.speed_mps = _next_speed(vehicle, delta_s / steps)
        yaw_rate_deg_s, slip_deg = _turn(vehicle)
        course_deg = pose.yaw + slip_deg
        pose = _rolled(
            pose, vehicle.speed_mps * delta_s / steps, course_deg, yaw_rate_deg_s * delta_s / steps
        )
    vehicle.pose = pose
    vehicle.driven_m += vehicle.speed_mps * delta_s
    course = radians(course_deg)
    vehicle.velocity = Vector3D(vehicle.speed_mps * cos(course), vehicle.speed_mps * sin(course), 0.0)
    vehicle.angular_velocity = Vector3D(0.0, 0.0, yaw_rate_deg_s)
    vehicle.acceleration = change_rate(before, vehicle.velocity, delta_s)


def _rolled(pose: Pose, distance_m: float, course_deg: float, turn_deg: float) -> Pose:
    course = radians(course_deg)
    x, y = pose.x + distance_m * cos(course), pose.y + distance_m * sin(course)
    return Pose(x, y, pose.z, pose.pitch, wrapped_deg(pose.yaw + turn_deg), pose.roll)


def _next_speed(vehicle: Vehicle, delta_s: float) -> float:
    if vehicle.constant_velocity is not None:
        return vehicle.constant_velocity.x
    control, speed = vehicle.control, vehicle.speed_mps
    if vehicle.target_speed_mps is not None:
        control = _towards(vehicle.target_speed_mps, speed, control.steer)
    grip = _grip_mps2(vehicle)
    push = max(-grip, min(grip, _push_mps2(vehicle, control)))
    rolls = push == 0.0 or abs(speed) > 1.0
    air = rolls * DRAG_PER_M * (vehicle.physics.drag_coefficient / USUAL_DRAG) * speed * speed
    held = max(0.0, min(1.0, control.brake)) * FULL_BRAKE_MPS2 + control.hand_brake * HAND_BRAKE_MPS2
    held += rolls * (ROLLING_MPS2 + (ENGINE_BRAKE_MPS2 if control.throttle <= 0.0 else 0.0))
    loss = (air + min(grip, held)) * delta_s
    speed += push * delta_s
    return max(0.0, speed - loss) if speed > 0 else min(0.0, speed + loss)


def _grip_mps2(vehicle: Vehicle) -> float:
    """Return how much the tyres can speed a vehicle up or slow it down."""
    wheels = vehicle.physics.wheels
    if not vehicle.is_heavy:
        return 0.0
    if not wheels:
        return inf
    return GRAVITY_MPS2 * max(0.0, sum(wheel.tire_friction for wheel in wheels) / len(wheels))


def _push_mps2(vehicle: Vehicle, control: VehicleControl) -> float:
    """Return how the engine speeds the vehicle up, negative backwards; the heavier, the less."""
    gear = control.gear if control.manual_gear_shift else -1 if control.reverse else 1
    if gear == 0:
        return 0.0
    top_mps = REVERSE_TOP_MPS if gear < 0 else vehicle.build.top_mps
    share = max(0.0, min(1.0, control.throttle)) * max(0.0, 1.0 - abs(vehicle.speed_mps) / top_mps)
    motor = None if vehicle.model is None else vehicle.model.motor
    ballast = 1.0 if motor is None else motor.mass_kg / max(1.0, vehicle.physics.mass)
    push = share * vehicle.build.push_mps2 * ballast
    return -push if gear < 0 else push


def _towards(target_mps: float, speed_mps: float, steer: float) -> VehicleControl:
    error = abs(target_mps) - abs(speed_mps)
    pedal = max(-1.0, min(1.0, ACKERMANN_GAIN * error))
    return VehicleControl(max(0.0, pedal), steer, max(0.0, -pedal), reverse=target_mps < 0)


def _turn(vehicle: Vehicle) -> tuple[float, float]:
    """Return the yaw rate in deg/s and the slip angle in degrees."""
    wheel_base_m = 2.8 if vehicle.model is None else max(0.5, vehicle.model.wheel_base_m)
    wheel = radians(steer_angle_deg(vehicle))
    slip = atan(0.5 * tan(wheel))
    return degrees(vehicle.speed_mps * cos(slip) * tan(wheel) / wheel_base_m), degrees(slip)


def steer_angle_deg(vehicle: Vehicle) -> float:
    """Return how far the front wheels are turned: the faster, the less of their full angle."""
    share = _along(vehicle.physics.steering_curve, abs(vehicle.speed_mps) * 3.6)
    return max(-1.0, min(1.0, vehicle.control.steer)) * max_steer_deg(vehicle) * share


def _along(curve: Sequence[Vector2D], x: float) -> float:
    """Return the height of a curve at `x`; 1 for one without points."""
    before: Vector2D | None = None
    for point in curve:
        if x <= point.x:
            if before is None or point.x <= before.x:
                return point.y
            return before.y + (point.y - before.y) * (x - before.x) / (point.x - before.x)
        before = point
    return 1.0 if before is None else before.y


def max_steer_deg(vehicle: Vehicle) -> float:
    """Return how far the front wheels turn; a client may have set it."""
    wheels = vehicle.physics.wheels
    return min(80.0, max(1.0, wheels[0].max_steer_angle)) if wheels else USUAL_STEER_DEG


def walk(walker: Walker, delta_s: float) -> None:
    """Advance a walker by one frame along its control's direction."""
    _jump(walker, delta_s)
    direction, speed = walker.control.direction, max(0.0, walker.control.speed)
    length = hypot(direction.x, direction.y)
    if speed == 0.0 or length == 0.0:
        walker.velocity = walker.acceleration = Vector3D()
        return
    x, y = direction.x / length * speed, direction.y / length * speed
    pose = walker.pose
    yaw_deg = degrees(atan2(y, x))
    walker.pose = Pose(pose.x + x * delta_s, pose.y + y * delta_s, pose.z, 0.0, yaw_deg, 0.0)
    before, walker.velocity = walker.velocity, Vector3D(x, y, 0.0)
    walker.acceleration = change_rate(before, walker.velocity, delta_s)
    walker.walked_m += speed * delta_s


def _jump(walker: Walker, delta_s: float) -> None:
    """Let a walker that wants to jump leave the ground, and one in the air fall back."""
    if walker.ground_z is None:
        if not walker.control.jump:
            return
        walker.ground_z, walker.climb_mps = walker.pose.z, JUMP_MPS
    z = walker.pose.z + walker.climb_mps * delta_s - GRAVITY_MPS2 / 2 * delta_s**2
    walker.climb_mps -= GRAVITY_MPS2 * delta_s
    if z <= walker.ground_z:
        z, walker.ground_z = walker.ground_z, None
    walker.pose = replace(walker.pose, z=z)


def change_rate(before: Vector3D, after: Vector3D, delta_s: float) -> Vector3D:
    """Return the acceleration between two velocities."""
    if delta_s <= 0.0:
        return Vector3D()
    return Vector3D(*((b - a) / delta_s for a, b in zip(before, after, strict=True)))


def wrapped_deg(angle_deg: float) -> float:
    """Return the angle in [-180, 180)."""
    return (angle_deg + 180.0) % 360.0 - 180.0
