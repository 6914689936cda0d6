"""Bicycles, motorcycles and scooters with somebody on them; one sees through frames, forks and spokes."""

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.bodies.bodywork import DARK
from carla_bridge.standin.bodies.cycle_parts import Cycle, add_handlebar, add_tube, add_wheel, plate
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
from carla_bridge.standin.bodies.motorcycles import add_cruiser, add_racer, add_scooter
from carla_bridge.standin.bodies.walkers import CLOTHES, TROUSERS, Look, person
from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.rendering.shapes import Builder, Rgb, box

PEDALS = 8  # phases of one turn of the cranks

CROSS_BIKE = Cycle(1.06, 0.35, (-0.24, 0.96), (0.36, 1.04), (-0.04, 0.30), 0.55, "bicycle")
ROAD_BIKE = Cycle(1.00, 0.335, (-0.22, 0.98), (0.40, 0.94), (-0.04, 0.28), 0.85, "bicycle", 0.22)
TOWN_BIKE = Cycle(1.12, 0.36, (-0.26, 0.92), (0.22, 1.12), (0.00, 0.30), 0.12, "upright", 0.29)
CRUISER = Cycle(1.63, 0.33, (-0.25, 0.70), (0.36, 1.08), (0.50, 0.36), 0.05, "cruiser", 0.38, 0.30)
RACER = Cycle(1.40, 0.31, (-0.30, 0.82), (0.42, 0.92), (-0.22, 0.42), 0.72, "racer", 0.33, 0.16)
SCOOTER = Cycle(1.28, 0.24, (-0.28, 0.78), (0.36, 1.02), (0.18, 0.30), 0.06, "scooter", 0.33, 0.10)


def draw_cycle(cycle: Cycle, color: Rgb) -> Mesh:
    """Return a two-wheeler without its rider."""
    builder = Builder()
    for x in cycle.axles:
        add_wheel(builder, cycle, x)
    {"scooter": add_scooter, "racer": add_racer, "cruiser": add_cruiser}.get(cycle.kind, _add_frame)(
        builder, cycle, color
    )
    return builder.mesh()


def riders(cycle: Cycle, number: int) -> list[Mesh]:
    """Return the rider in all phases of the cranks; on an engine there is only one."""
    look = Look(
        1.74,
        top=CLOTHES[number % len(CLOTHES)],
        legs=TROUSERS[number % len(TROUSERS)],
        hair=(40, 42, 46) if cycle.has_engine else (196, 60, 40),  # a helmet
        head=1.18 if cycle.has_engine else 1.06,
    )
    poses = _riding(cycle)
    return posed(person(look), poses, scale=1.0, tag=tags.RIDER, grounded=False)


def _riding(cycle: Cycle) -> Poses:
    count = 1 if cycle.has_engine else PEDALS
    hip = np.array([cycle.saddle[0], cycle.saddle[1] + 0.09])
    shoulder = hip + TORSO_M * np.array([np.sin(cycle.lean), np.cos(cycle.lean)])
    angles: dict[Bone, np.ndarray] = {TORSO: np.full(count, -cycle.lean)}
    arms = reach(shoulder, np.array(cycle.grip), UPPER_ARM_M, FOREARM_M + 0.05, -1.0)
    for side, shift in ((1.0, 0.0), (-1.0, np.pi)):
        legs = [
            reach(hip, _ankle(cycle, shift - 2 * np.pi * k / PEDALS), THIGH_M, SHIN_M, 1.0)
            for k in range(count)
        ]
        angles["thigh", side], angles["shin", side] = np.array(legs).T
        angles["arm", side], angles["forearm", side] = (np.full(count, angle) for angle in arms)
    return Poses(angles, np.full(count, hip[0]), np.full(count, hip[1]))


def _ankle(cycle: Cycle, crank_angle: float) -> np.ndarray:
    foot = np.array([cycle.crank[0], cycle.crank[1] + 0.09])
    if cycle.has_engine:
        return foot
    return foot + 0.17 * np.array([np.cos(crank_angle), np.sin(crank_angle)])


def _add_frame(builder: Builder, cycle: Cycle, color: Rgb) -> None:
    """A bicycle's tubes."""
    front, rear = cycle.axles
    r, (crank, seat, grip) = cycle.wheel_radius, (cycle.crank, cycle.saddle, cycle.grip)
    head = (front - cycle.rake - 0.02, r + 0.44)
    lug = (seat[0] + 0.05, seat[1] - 0.20)
    step = (crank[0] + 0.10, crank[1] + 0.12) if cycle.kind == "upright" else lug
    tubes = [
        (crank, (seat[0], seat[1] - 0.03), 0.017), (crank, head, 0.020), (step, head, 0.017),
        ((rear, r), crank, 0.012), ((rear, r), lug, 0.011), ((front, r), head, 0.015),
        (head, (grip[0], grip[1] - 0.01), 0.014),
    ]  # fmt: skip
    for start, end, thick in tubes:
        add_tube(builder, start, end, thick, cycle.tag, color)
    add_handlebar(builder, cycle, back=0.14 if cycle.kind == "upright" else 0.03)
    saddle = box((seat[0] - 0.14, -0.07, seat[1] - 0.03), (seat[0] + 0.12, 0.07, seat[1] + 0.03))
    builder.add(saddle, cycle.tag, DARK)
    for way in (1.0, -1.0):
        x, y = crank[0] + 0.17 * way, 0.10 * way
        builder.add(plate((x - 0.05, y - 0.05), (x + 0.05, y + 0.05), crank[1]), cycle.tag, DARK)
    add_tube(builder, (crank[0] - 0.17, crank[1]), (crank[0] + 0.17, crank[1]), 0.014, cycle.tag, DARK)
    if cycle.kind == "upright":  # a town bicycle has a rack
        builder.add(plate((rear - 0.22, -0.06), (rear + 0.30, 0.06), 2 * r + 0.05), cycle.tag, DARK)
