"""People in wheelchairs: CARLA's `use_wheelchair`; CARLA's manual counts the chair among dynamic things."""

from dataclasses import replace

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.bodies.bodywork import DARK, RIM, TYRE
from carla_bridge.standin.bodies.figures import (
    FOREARM_M,
    SHIN_M,
    THIGH_M,
    TORSO,
    TORSO_M,
    UPPER_ARM_M,
    Bone,
    Poses,
    posed,
    reach,
)
from carla_bridge.standin.bodies.walkers import PHASES, Look, person
from carla_bridge.standin.rendering.mesh import Mesh, join
from carla_bridge.standin.rendering.shapes import Builder, box, ring, rod, strip

WHEEL_M, HALF_WIDTH_M = 0.30, 0.29
HIP, ANKLE, LEAN = np.array([-0.06, 0.57]), np.array([0.40, 0.20]), 0.10


def rolling(look: Look) -> tuple[Mesh, ...]:
    """Return somebody in a wheelchair through one push of the hands."""
    chair = draw_chair()
    plain = replace(look, bag="", skirt=False, coat=False)
    people = posed(person(plain), _pushing(), scale=1.0, tag=tags.PEDESTRIANS, grounded=False)
    return tuple(join([chair, somebody]) for somebody in people)


def draw_chair() -> Mesh:
    """Return the empty chair."""
    builder, tag = Builder(), tags.DYNAMIC
    for side in (-1.0, 1.0):
        outer, inner = (
            np.column_stack([rim[:, 0], np.full(11, side * HALF_WIDTH_M), rim[:, 1]])
            for rim in (ring(11, WHEEL_M, 0.0, WHEEL_M), ring(11, 0.88 * WHEEL_M, 0.0, WHEEL_M))
        )
        around = np.arange(12) % 11
        builder.add(strip(outer[around], inner[around]), tag, TYRE)
        tread = np.array([0.0, -side * 0.03, 0.0])
        builder.add(strip(outer[around], outer[around] + tread), tag, TYRE)
        y = side * 0.22
        builder.add(rod((-0.22, y, 0.45), (-0.30, y, 0.95), 0.015, sides=3), tag, RIM)
        builder.add(rod((0.20, y, 0.48), (0.40, y * 0.6, 0.10), 0.015, sides=3), tag, RIM)
        builder.add(rod((0.30, y - 0.015, 0.06), (0.30, y + 0.015, 0.06), 0.06, sides=6), tag, DARK)
        builder.add(rod((-0.22, y, 0.68), (0.16, y, 0.68), 0.02, sides=3), tag, DARK)
    builder.add(box((-0.24, -0.22, 0.44), (0.22, 0.22, 0.49), closed_below=True), tag, DARK)
    builder.add(box((-0.30, -0.22, 0.49), (-0.25, 0.22, 0.90)), tag, DARK)
    builder.add(box((0.32, -0.14, 0.10), (0.50, 0.14, 0.12)), tag, DARK)
    return builder.mesh()


def _pushing() -> Poses:
    """Hands go forth and back over the rims; all else sits still."""
    shoulder = HIP + TORSO_M * np.array([np.sin(LEAN), np.cos(LEAN)])
    turn = np.pi / 2 + 0.6 * np.cos(2 * np.pi * np.arange(PHASES) / PHASES)
    hands = np.column_stack([np.cos(turn), np.sin(turn)]) * (WHEEL_M + 0.01) + (0.0, WHEEL_M)
    arms = np.array([reach(shoulder, hand, UPPER_ARM_M, FOREARM_M + 0.05, -1.0) for hand in hands]).T
    legs = reach(HIP, ANKLE, THIGH_M, SHIN_M, 1.0)
    angles: dict[Bone, np.ndarray] = {TORSO: np.full(PHASES, -LEAN)}
    for side in (-1.0, 1.0):
        angles["arm", side], angles["forearm", side] = arms
        angles["thigh", side], angles["shin", side] = (np.full(PHASES, angle) for angle in legs)
    return Poses(angles, np.full(PHASES, HIP[0]), np.full(PHASES, HIP[1]))
