"""A walker's bones: their names, how they hang together and how they swing while it walks."""

from math import pi, sin
from typing import NamedTuple

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.life.actors import Walker
from carla_bridge.standin.protocol.schema import Transform

ADULT_M = 1.8  # whom the measures below are of
STRIDE_M = 1.5
SWING_DEG = 28.0


class Bone(NamedTuple):
    """A bone at rest: where it begins in the frame of the one it hangs on, and which way it swings."""

    name: str
    parent: str
    x: float
    y: float
    z: float
    swing: float = 0.0  # of its pitch with the stride: 1 forwards first, -1 backwards first


class BonePose(NamedTuple):
    """Where one bone of a walker is to be, on the bone it hangs on."""

    name: str
    transform: Transform


class WalkerBones(NamedTuple):
    """A pose of a walker."""

    bones: tuple[BonePose, ...]


def _side(letter: str, y: float, first: float) -> tuple[Bone, ...]:
    return (
        Bone(f"crl_shoulder__{letter}", "crl_spine01__C", 0.0, 0.05 * y, 0.22),
        Bone(f"crl_arm__{letter}", f"crl_shoulder__{letter}", 0.0, 0.15 * y, 0.0, -first),
        Bone(f"crl_foreArm__{letter}", f"crl_arm__{letter}", 0.0, 0.02 * y, -0.29),
        Bone(f"crl_hand__{letter}", f"crl_foreArm__{letter}", 0.02, 0.0, -0.26),
        Bone(f"crl_eye__{letter}", "crl_Head__C", 0.09, 0.03 * y, 0.07),
        Bone(f"crl_thigh__{letter}", "crl_hips__C", 0.0, 0.09 * y, -0.02, first),
        Bone(f"crl_leg__{letter}", f"crl_thigh__{letter}", 0.0, 0.0, -0.44),
        Bone(f"crl_foot__{letter}", f"crl_leg__{letter}", 0.0, 0.0, -0.42),
        Bone(f"crl_toe__{letter}", f"crl_foot__{letter}", 0.14, 0.0, -0.05),
    )


BONES = (
    Bone("crl_root", "", 0.0, 0.0, 0.0),
    Bone("crl_hips__C", "crl_root", 0.0, 0.0, 0.95),
    Bone("crl_spine__C", "crl_hips__C", 0.0, 0.0, 0.12),
    Bone("crl_spine01__C", "crl_spine__C", 0.0, 0.0, 0.17),
    Bone("crl_neck__C", "crl_spine01__C", 0.0, 0.0, 0.27),
    Bone("crl_Head__C", "crl_neck__C", 0.01, 0.0, 0.09),
    *_side("L", -1.0, 1.0),
    *_side("R", 1.0, -1.0),
)


class Placed(NamedTuple):
    """A bone in the world, in the walker's own axes, and in those of the bone it hangs on."""

    name: str
    world: Pose
    component: Pose
    relative: Pose


def bones_of(walker: Walker) -> list[Placed]:
    """Return all bones as they are now."""
    size = 1.0 if walker.model is None else 2.0 * walker.model.extent[2] / ADULT_M
    swing = sin(2 * pi * walker.walked_m / STRIDE_M) * SWING_DEG
    components: dict[str, Pose] = {"": Pose()}
    placed = []
    for bone in BONES:
        walking = Pose(bone.x * size, bone.y * size, bone.z * size, pitch=bone.swing * swing)
        relative = _between(walking, walker.posed.get(bone.name, walking), walker.pose_share)
        components[bone.name] = components[bone.parent].compose(relative)
        world = walker.pose.compose(components[bone.name])
        placed.append(Placed(bone.name, world, components[bone.name], relative))
    return placed


def _between(a: Pose, b: Pose, share: float) -> Pose:
    if share <= 0.0 or a is b:
        return a
    names = ("x", "y", "z", "pitch", "yaw", "roll")
    return Pose(*(getattr(a, name) * (1 - share) + getattr(b, name) * share for name in names))
