"""Poses in a recorder log's units and order, both ways, and on the way between two of them."""

from collections.abc import Sequence

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.driving import wrapped_deg
from carla_bridge.standin.protocol.reading import MAX_NUMBER

CM_PER_M = 100.0


def placed(pose: Pose) -> tuple[float, float, float, float, float, float]:
    """Return x, y, z in centimetres, then roll, pitch, yaw."""
    return CM_PER_M * pose.x, CM_PER_M * pose.y, CM_PER_M * pose.z, pose.roll, pose.pitch, pose.yaw


def pose_of(recorded: Sequence[float]) -> Pose | None:
    """Return what `placed` gave as a pose; None if no world could have it."""
    if not all(abs(value) <= MAX_NUMBER for value in recorded):  # not a number: neither
        return None
    x, y, z, roll, pitch, yaw = recorded
    return Pose(x / CM_PER_M, y / CM_PER_M, z / CM_PER_M, pitch, yaw, roll)


def between(one: Pose, other: Pose, share: float) -> Pose:
    """Return the pose on the way from one to another, turning the shorter way round."""
    return Pose(
        one.x + share * (other.x - one.x),
        one.y + share * (other.y - one.y),
        one.z + share * (other.z - one.z),
        one.pitch + share * wrapped_deg(other.pitch - one.pitch),
        one.yaw + share * wrapped_deg(other.yaw - one.yaw),
        one.roll + share * wrapped_deg(other.roll - one.roll),
    )
