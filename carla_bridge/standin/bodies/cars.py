"""Cars of one piece: saloons, hatchbacks, coupés, off-roaders, vans and buses, and what sits on their roofs."""

from dataclasses import replace

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.bodies.bodywork import (
    DARK,
    GLASS,
    Body,
    add_cabin,
    add_hull,
    add_mirrors,
    add_wheels,
    patch,
    upright,
)
from carla_bridge.standin.rendering.shapes import Builder, Rgb, across_y, box, fan, rod, strip

RED_LAMP, BLUE_LAMP, SIGN = (190, 20, 24), (30, 50, 190), (236, 226, 170)

SALOON = Body(4.85, 1.84, 1.46, 2.85, 0.93, cabin=(0.245, 0.42, 0.68, 0.86), deck=(0.70, 0.95, 1.00, 0.99))
FASTBACK = replace(SALOON, cabin=(0.22, 0.41, 0.66, 0.91), deck=(0.66, 0.92, 1.00, 0.98), roof=(0.06, 0.09))
COUPE = replace(
    SALOON,
    cabin=(0.30, 0.47, 0.62, 0.88),
    deck=(0.68, 0.90, 0.95, 0.93),
    roof=(0.05, 0.10),
    panes=((0.18, 0.92),),
)
HATCHBACK = replace(
    SALOON,
    cabin=(0.21, 0.42, 0.86, 0.99),
    deck=(0.74, 1.00, 0.98, 0.96),
    roof=(0.05, 0.09),
    panes=((0.12, 0.44), (0.50, 0.94)),
)
MINIVAN = replace(
    HATCHBACK,
    cabin=(0.17, 0.37, 0.90, 0.985),
    deck=(0.82, 1.05, 1.00, 0.98),
    roof=(0.05, 0.07),
    panes=((0.06, 0.30), (0.36, 0.62), (0.67, 0.93)),
)
SUV = replace(
    HATCHBACK,
    cabin=(0.24, 0.41, 0.88, 0.985),
    deck=(0.92, 1.10, 1.08, 1.05),
    roof=(0.05, 0.05),
    wheel_radius=0.37,
    clearance=0.27,
    bumper=0.62,
    panes=((0.07, 0.30), (0.36, 0.62), (0.67, 0.93)),
)
OFF_ROADER = replace(
    SUV,
    cabin=(0.40, 0.45, 0.96, 0.985),
    deck=(1.10, 1.16, 1.12, 1.10),
    roof=(0.0, 0.0),
    roof_width=0.84,
    nose_width=0.72,
    tail_width=0.92,
    wheel_radius=0.41,
    clearance=0.42,
    panes=((0.06, 0.48), (0.55, 0.94)),
)
VAN = Body(
    5.92, 1.99, 2.55, 3.67, 1.00,
    wheel_radius=0.35, clearance=0.27, cabin=(0.13, 0.285, 0.985, 0.99), deck=(1.02, 1.30, 1.32, 1.32),
    roof=(0.04, 0.02), roof_width=0.84, nose_width=0.82, tail_width=0.95, bumper=0.60,
    panes=((0.80, 0.965),), rear_pane=False, cove=0.12, mirror=0.20, tag=tags.TRUCK,
)  # fmt: skip
MINIBUS = replace(
    VAN,
    length=4.48,
    height=1.99,
    width=1.74,
    wheel_base=2.40,
    front_overhang=1.02,
    cabin=(0.012, 0.085, 0.955, 0.99),
    deck=(0.98, 1.10, 1.10, 1.08),
    roof=(0.10, 0.08),
    panes=((0.05, 0.29), (0.33, 0.62), (0.67, 0.94)),
    rear_pane=True,
    cove=0.14,
    wheel_radius=0.33,
    mirror=0.12,
)
BUS = Body(
    10.27, 2.50, 3.12, 5.60, 2.30,
    wheel_radius=0.48, clearance=0.32, cabin=(0.012, 0.035, 0.985, 0.992), deck=(1.12, 1.18, 1.30, 1.30),
    roof=(0.10, 0.08), roof_width=0.93, belt_width=0.985, nose_width=0.90, tail_width=0.95, bumper=0.55, cove=0.15,
    panes=tuple((0.02 + 0.158 * i, 0.163 + 0.158 * i) for i in range(6)), mirror=0.22, tag=tags.BUS,
)  # fmt: skip
MICROCAR = replace(
    HATCHBACK,
    cabin=(0.06, 0.36, 0.66, 0.95),
    deck=(0.72, 0.84, 0.80, 0.76),
    roof=(0.06, 0.06),
    wheel_radius=0.27,
    panes=((0.15, 0.90),),
    nose_width=0.72,
    tail_width=0.62,
)


def draw_car(builder: Builder, body: Body, color: Rgb) -> None:
    """Add a plain car, van or bus."""
    add_hull(builder, body, color)
    add_cabin(builder, body, color)
    add_mirrors(builder, body, color)
    add_wheels(builder, body)


def draw_with_rails(builder: Builder, body: Body, color: Rgb) -> None:
    """Add a car with rails along its roof."""
    draw_car(builder, body, color)
    front, rear = body.at(body.cabin[1] + 0.05), body.at(body.cabin[2] - 0.05)
    for side in (-1.0, 1.0):
        y, z = side * (body.roof_width * body.width / 2 - 0.10), body.height - 0.02
        builder.add(rod((rear, y, z), (front, y, z), 0.035, sides=3), body.tag, DARK)


def draw_taxi(builder: Builder, body: Body, color: Rgb) -> None:
    """Add a taxi: its sign stands on the roof."""
    draw_car(builder, body, color)
    _add_on_roof(builder, body, (0.18, 0.30), 0.14, SIGN)


def draw_police_car(builder: Builder, body: Body, color: Rgb) -> None:
    """Add a police car: white doors, a light bar, and a guard before its nose."""
    draw_car(builder, body, color)
    add_light_bar(builder, body, body.at((body.cabin[1] + body.cabin[2]) / 2), body.height)
    nose, z = body.length / 2, body.bumper
    guard = np.array(
        [(nose + 0.06, y, z + dz) for y, dz in ((-0.45, -0.1), (0.45, -0.1), (0.45, 0.2), (-0.45, 0.2))]
    )
    builder.add(fan(guard), body.tag, DARK)
    for side in (-1.0, 1.0):
        y = side * body.width / 2
        rear, front = body.axles[1] + 0.5, body.axles[0] - 0.55
        flank = upright(rear, front, y, 0.3, body.deck[1])
        builder.add(patch(flank, (0.0, 1.0), (0.05, 0.9), np.zeros(3)), body.tag, (230, 230, 228))


def draw_off_roader(builder: Builder, body: Body, color: Rgb) -> None:
    """Add an off-roader: free-standing wings over its wheels, and a spare wheel behind."""
    draw_car(builder, body, color)
    for x in body.axles:
        for side in (-1.0, 1.0):
            r, z = body.wheel_radius + 0.10, 2 * body.wheel_radius + 0.10
            line = np.array([(x - 0.75 * r, 0.0, z - 0.04), (x + 0.75 * r, 0.0, z - 0.04)])
            outer = line + np.array([0.0, side * (body.width / 2 + 0.07), 0.0])
            inner = line + np.array([0.0, side * 0.4 * body.width, 0.0])
            builder.add(strip(inner, outer), body.tag, DARK)
    tail = -body.length / 2
    spare = rod((tail + 0.02, 0.0, 1.08), (tail - 0.20, 0.0, 1.08), 0.37, sides=6)
    builder.add(spare, body.tag, DARK)


def draw_pickup(builder: Builder, body: Body, color: Rgb) -> None:
    """Add the angular electric pick-up: one ridge from the nose up and one down to the tail."""
    half, end, peak = body.width / 2, body.length / 2, body.at(body.cabin[1])
    add_hull(builder, body, color)
    ridge = np.array(
        [
            (-end + 0.10, half * 0.93, body.deck[3] - 0.01),
            (peak, half * 0.74, body.height),
            (end - 0.25, half * 0.86, body.deck[0] - 0.02),
        ]
    )
    mirror, belt = ridge * (1.0, -1.0, 1.0), np.array([(peak, half * 0.98, 1.08)])
    builder.add(strip(mirror, ridge), body.tag, color)
    for flank, base in ((ridge, belt), (mirror, belt * (1.0, -1.0, 1.0))):
        builder.add(fan(np.concatenate([base, flank])), body.tag, color)
        wall = np.array([(-0.9, base[0, 1], 1.10), (1.35, base[0, 1], 1.06), flank[1], flank[1]])
        builder.add(patch(wall, (0.05, 0.95), (0.10, 0.82), np.array([peak, 0, 1.0])), body.tag, GLASS)
    screen = np.array([mirror[2], ridge[2], ridge[1], mirror[1]])
    builder.add(patch(screen, (0.06, 0.94), (0.18, 0.95), np.array([0.0, 0.0, 1.0])), body.tag, GLASS)
    add_mirrors(builder, body, DARK)
    add_wheels(builder, body, width=0.29)


def draw_bus(builder: Builder, body: Body, color: Rgb) -> None:
    """Add a bus: doors down to the step, a destination sign, a hump of cooling on the roof, and mirrors on arms."""
    add_hull(builder, body, color)
    add_cabin(builder, body, color)
    add_wheels(builder, body, width=0.28)
    half = body.width / 2
    for front, rear in ((0.035, 0.15), (0.50, 0.62)):
        wall = upright(body.at(rear), body.at(front), half * 0.985, 0.4, body.height - 0.5)
        builder.add(patch(wall, (0.04, 0.96), (0.0, 1.0), np.zeros(3)), body.tag, GLASS)
    builder.add(box((-2.6, -0.75, body.height - 0.02), (0.4, 0.75, body.height + 0.18)), body.tag, color)
    nose = body.length / 2
    for side in (-1.0, 1.0):
        low, high = sorted((side * half, side * (half + body.mirror)))
        builder.add(box((nose - 0.1, low, 1.75), (nose + 0.02, high, 2.25)), body.tag, DARK)


def add_light_bar(builder: Builder, body: Body, x: float, z: float, *, half: float = 0.55) -> None:
    """Add a bar of red and blue lamps across the roof."""
    for side, lamp in ((-1.0, RED_LAMP), (1.0, BLUE_LAMP)):
        low, high = sorted((side * 0.04, side * half))
        builder.add(box((x - 0.15, low, z - 0.01), (x + 0.15, high, z + 0.13)), body.tag, lamp)


def _add_on_roof(builder: Builder, body: Body, half: tuple[float, float], tall: float, color: Rgb) -> None:
    x, z = body.at((body.cabin[1] + body.cabin[2]) / 2), body.height - 0.01
    sign = across_y(
        [(x - half[0], z), (x + half[0], z), (x + 0.08, z + tall), (x - 0.08, z + tall)], -half[1], half[1]
    )
    builder.add(sign, body.tag, color)
