"""Motorcycles and scooters without their riders."""

import numpy as np

from carla_bridge.standin.bodies.bodywork import DARK, HEADLIGHT, RIM, TAIL_LIGHT
from carla_bridge.standin.bodies.cycle_parts import Cycle, Place, add_handlebar, add_solid, add_tube
from carla_bridge.standin.rendering.shapes import Builder, Rgb, box, rod, strip


def add_cruiser(builder: Builder, cycle: Cycle, color: Rgb) -> None:
    """A low machine: long fork, wide bars, a tank like a drop, a big engine in plain sight."""
    front, rear = cycle.axles
    r = cycle.wheel_radius
    head = (front - cycle.rake, 0.86)
    _add_fork(builder, cycle, head)
    add_solid(
        builder,
        [(0.36, 0.86), (0.30, 0.98), (0.05, 0.92), (-0.10, 0.76), (0.30, 0.78)],
        0.13,
        cycle.tag,
        color,
    )
    add_solid(builder, [(0.34, 0.76), (-0.20, 0.72), (-0.30, 0.30), (0.28, 0.24)], 0.15, cycle.tag, RIM)
    add_solid(
        builder,
        [(0.02, 0.74), (-0.42, 0.70), (-0.62, 0.86), (-0.48, 0.78), (-0.26, 0.70)],
        0.14,
        cycle.tag,
        DARK,
    )
    _fender(builder, cycle, rear, 0.10, color, (0.2, 2.6))
    _fender(builder, cycle, front, 0.07, color, (0.6, 2.3))
    builder.add(rod((0.10, 0.17, 0.32), (rear - 0.25, 0.17, 0.34), 0.05), cycle.tag, RIM)
    builder.add(box((head[0] + 0.04, -0.09, 0.84), (head[0] + 0.20, 0.09, 1.0)), cycle.tag, HEADLIGHT)
    builder.add(box((rear - r - 0.1, -0.06, 0.62), (rear - r - 0.02, 0.06, 0.72)), cycle.tag, TAIL_LIGHT)
    add_handlebar(builder, cycle, back=0.06)


def add_racer(builder: Builder, cycle: Cycle, color: Rgb) -> None:
    """A machine in a fairing, its tail high."""
    front, rear = cycle.axles
    head = (front - cycle.rake - 0.06, 0.92)
    _add_fork(builder, cycle, head)
    fairing = [
        (0.62, 0.86),
        (0.44, 1.06),
        (0.34, 0.92),
        (0.10, 0.74),
        (-0.20, 0.62),
        (-0.12, 0.22),
        (0.34, 0.24),
    ]
    add_solid(builder, [(0.30, 0.60), *fairing], 0.17, cycle.tag, color)
    add_solid(
        builder,
        [(0.32, 0.90), (0.18, 1.00), (-0.14, 0.86), (-0.10, 0.70), (0.30, 0.74)],
        0.14,
        cycle.tag,
        color,
    )
    add_solid(builder, [(-0.10, 0.80), (-0.45, 0.84), (-0.86, 1.02), (-0.92, 0.94), (-0.50, 0.68), (-0.12, 0.64)],
           0.10, cycle.tag, DARK)  # fmt: skip
    add_tube(builder, (rear, cycle.wheel_radius), (-0.10, 0.40), 0.05, cycle.tag, DARK)
    builder.add(rod((-0.20, 0.16, 0.36), (rear - 0.12, 0.18, 0.58), 0.055), cycle.tag, RIM)
    _fender(builder, cycle, front, 0.06, color, (0.7, 2.2))
    add_handlebar(builder, cycle, back=0.04)


def add_scooter(builder: Builder, cycle: Cycle, color: Rgb) -> None:
    """A shield before the legs, a floor to put the feet on, a wide tail under the saddle."""
    front = cycle.axles[0]
    head = (front - cycle.rake - 0.06, 0.92)
    _add_fork(builder, cycle, head)
    add_solid(builder, [(0.56, 0.36), (0.40, 0.94), (0.34, 0.94), (0.42, 0.34)], 0.24, cycle.tag, color)
    add_solid(builder, [(0.46, 0.32), (-0.18, 0.26), (-0.18, 0.20), (0.46, 0.24)], 0.19, cycle.tag, DARK)
    tail = [(-0.06, 0.68), (-0.14, 0.30), (-0.30, 0.24), (-0.72, 0.36), (-0.86, 0.62), (-0.74, 0.74)]
    add_solid(builder, tail, 0.20, cycle.tag, color)
    add_solid(
        builder,
        [(0.00, 0.70), (-0.72, 0.74), (-0.74, 0.84), (-0.40, 0.80), (-0.04, 0.80)],
        0.15,
        cycle.tag,
        DARK,
    )
    _fender(builder, cycle, front, 0.09, color, (0.4, 2.6))
    builder.add(box((0.40, -0.08, 0.98), (0.52, 0.08, 1.10)), cycle.tag, HEADLIGHT)
    builder.add(box((-0.90, -0.08, 0.60), (-0.84, 0.08, 0.70)), cycle.tag, TAIL_LIGHT)
    add_handlebar(builder, cycle, back=0.05)


def _add_fork(builder: Builder, cycle: Cycle, head: Place) -> None:
    """Two legs from the axle to the steering head, and on to the bars."""
    front, r = cycle.axles[0], cycle.wheel_radius
    for side in (-0.09, 0.09):
        builder.add(rod((front, side, r), (head[0], side, head[1]), 0.028, sides=4), cycle.tag, RIM)
    add_tube(builder, head, cycle.grip, 0.03, cycle.tag, DARK)


def _fender(
    builder: Builder, cycle: Cycle, x: float, half: float, color: Rgb, span: tuple[float, float]
) -> None:
    """A curved sheet over a wheel, from one angle to another (radians, from straight ahead upwards)."""
    angles = np.linspace(*span, 5)
    r = cycle.wheel_radius + 0.045
    line = np.column_stack(
        [x + r * np.cos(angles), np.full(5, half), cycle.wheel_radius + r * np.sin(angles)]
    )
    builder.add(strip(line * (1.0, -1.0, 1.0), line), cycle.tag, color)
