"""Where cameras and actors are, in the viewers' words: right-handed axes, quaternions, boxes.

CARLA's axes have y to the right; here it is to the left, and yaw and pitch turn the other way. A camera's optical
frame has z into the picture. Source: https://docs.foxglove.dev/docs/sdk/schemas
"""

import math
from math import cos, isfinite, nan, sin, tan

import foxglove.messages as fox

from carla_bridge.frames import CameraMeta, DriveState, Placement, TrackedActor


def radians(angle_deg: float) -> float:
    """Return an angle in radians; of an endless one nobody knows the sine."""
    return math.radians(angle_deg) if isfinite(angle_deg) else nan


def to_ns(time_s: float) -> int:
    """Return simulation time as MCAP's log time."""
    return round(time_s * 1e9)


def stamp(time_s: float) -> fox.Timestamp:
    """Return simulation time as the messages carry it."""
    seconds, nanoseconds = divmod(to_ns(time_s), 10**9)
    return fox.Timestamp(sec=seconds, nsec=nanoseconds)


def optical(camera: str) -> str:
    """Return the name of a camera's optical frame."""
    return f"{camera}_optical"


def encode_calibration(camera: CameraMeta, time_s: float) -> bytes:
    """Return a pinhole camera as CARLA's are: square pixels, the axis through the middle, no distortion."""
    focal_px = camera.width / (2 * tan(radians(camera.fov_deg) / 2))
    cx, cy = camera.width / 2, camera.height / 2
    return fox.CameraCalibration(
        timestamp=stamp(time_s),
        frame_id=optical(camera.name),
        width=camera.width,
        height=camera.height,
        K=[focal_px, 0, cx, 0, focal_px, cy, 0, 0, 1],
        R=[1, 0, 0, 0, 1, 0, 0, 0, 1],
        P=[focal_px, 0, cx, 0, 0, focal_px, cy, 0, 0, 0, 1, 0],
    ).encode()


def encode_mounts(cameras: tuple[CameraMeta, ...], time_s: float) -> bytes:
    """Return where the cameras sit on the ego vehicle, and their optical frames."""
    turned = fox.Quaternion(
        x=-0.5, y=0.5, z=-0.5, w=0.5
    )  # x forward, y left, z up → x right, y down, z forward
    transforms = []
    for camera in cameras:
        transforms.append(transform("ego", camera.name, camera.mount, time_s))
        transforms.append(
            fox.FrameTransform(
                timestamp=stamp(time_s),
                parent_frame_id=camera.name,
                child_frame_id=optical(camera.name),
                translation=fox.Vector3(),
                rotation=turned,
            )
        )
    return fox.FrameTransforms(transforms=transforms).encode()


def transform(parent: str, child: str, placement: Placement, time_s: float) -> fox.FrameTransform:
    """Return where a frame is in its parent's."""
    return fox.FrameTransform(
        timestamp=stamp(time_s),
        parent_frame_id=parent,
        child_frame_id=child,
        translation=fox.Vector3(x=placement.x_m, y=-placement.y_m, z=placement.z_m),
        rotation=_quaternion(placement),
    )


def _quaternion(placement: Placement) -> fox.Quaternion:
    """Return the rotation in right-handed axes: there yaw and pitch turn the other way."""
    roll, pitch, yaw = radians(placement.roll_deg), -radians(placement.pitch_deg), -radians(placement.yaw_deg)
    cr, sr, cp, sp, cy, sy = (f(a / 2) for a in (roll, pitch, yaw) for f in (cos, sin))
    return fox.Quaternion(
        x=sr * cp * cy - cr * sp * sy,
        y=cr * sp * cy + sr * cp * sy,
        z=cr * cp * sy - sr * sp * cy,
        w=cr * cp * cy + sr * sp * sy,
    )


def encode_boxes(state: DriveState) -> bytes:
    """Return all actors of a state as boxes; what is not repeated in the next state disappears."""
    everything = fox.SceneEntityDeletion(timestamp=stamp(state.time_s), type=fox.SceneEntityDeletionType.All)
    entities = [_box(actor, state.time_s) for actor in (state.ego, *state.actors)]
    return fox.SceneUpdate(deletions=[everything], entities=entities).encode()


def _box(actor: TrackedActor, time_s: float) -> fox.SceneEntity:
    x, y, z = _box_centre(actor)
    ex, ey, ez = actor.box_extent_m
    cube = fox.CubePrimitive(
        pose=fox.Pose(position=fox.Vector3(x=x, y=-y, z=z), orientation=_quaternion(actor.placement)),
        size=fox.Vector3(x=2 * ex, y=2 * ey, z=2 * ez),
        color=fox.Color(r=0.9, g=0.2, b=0.2, a=0.6)
        if _is_walker(actor)
        else fox.Color(r=0.2, g=0.4, b=0.9, a=0.6),
    )
    vx, vy, vz = actor.velocity_mps
    facts = {"type": actor.type_id, "velocity_mps": f"{vx:.3f} {-vy:.3f} {vz:.3f}"}
    return fox.SceneEntity(
        timestamp=stamp(time_s),
        frame_id="map",
        id=str(actor.id),
        metadata=[fox.KeyValuePair(key=key, value=value) for key, value in facts.items()],
        cubes=[cube],
    )


def _is_walker(actor: TrackedActor) -> bool:
    return actor.type_id.startswith("walker.")


def _box_centre(actor: TrackedActor) -> tuple[float, float, float]:
    """Return the box's middle in the world, CARLA's axes (CARLA's rotation matrix for pitch, yaw, roll)."""
    p = actor.placement
    cp, sp = cos(radians(p.pitch_deg)), sin(radians(p.pitch_deg))
    cy, sy = cos(radians(p.yaw_deg)), sin(radians(p.yaw_deg))
    cr, sr = cos(radians(p.roll_deg)), sin(radians(p.roll_deg))
    x, y, z = actor.box_centre_m
    return (
        p.x_m + cp * cy * x + (cy * sp * sr - sy * cr) * y - (cy * sp * cr + sy * sr) * z,
        p.y_m + cp * sy * x + (sy * sp * sr + cy * cr) * y + (cy * sr - sy * sp * cr) * z,
        p.z_m + sp * x - cp * sr * y + cp * cr * z,
    )
