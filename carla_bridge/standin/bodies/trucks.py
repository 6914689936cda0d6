"""Working vehicles in parts: cab, frame and load apart, so that one sees through between and beneath them."""

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.bodies.bodywork import (
    DARK,
    GLASS,
    HEADLIGHT,
    TAIL_LIGHT,
    Body,
    add_cabin,
    add_hull,
    add_mirrors,
    add_wheel,
    add_wheels,
    patch,
    upright,
)
from carla_bridge.standin.bodies.cars import add_light_bar
from carla_bridge.standin.rendering.shapes import Builder, Rgb, across_y, box, rod

LOAD, CHROME, LADDER = (206, 206, 200), (168, 170, 172), (190, 192, 194)

BOX_TRUCK = Body(
    5.20, 2.10, 2.47, 2.75, 1.15,
    wheel_radius=0.40, clearance=0.42, cabin=(0.03, 0.12, 0.325, 0.33), deck=(1.02, 1.18, 1.20, 0.80),
    roof=(0.05, 0.02), roof_width=0.86, nose_width=0.86, bumper=0.62, panes=((0.16, 0.88),), rear_pane=False,
    mirror=0.20, tag=tags.TRUCK,
)  # fmt: skip
LORRY = Body(
    7.94, 2.50, 3.46, 4.55, 1.40,
    wheel_radius=0.52, clearance=0.50, cabin=(0.0, 0.015, 0.25, 0.26), deck=(1.55, 1.6, 1.6, 1.0), mirror=0.19,
    tag=tags.TRUCK,
)  # fmt: skip
FIRE_TRUCK = Body(
    8.47, 2.50, 3.60, 4.70, 1.55,
    wheel_radius=0.53, clearance=0.50, cabin=(0.0, 0.02, 0.30, 0.31), deck=(1.45, 1.5, 1.5, 1.0), mirror=0.19,
    tag=tags.TRUCK,
)  # fmt: skip
AMBULANCE = Body(
    6.36, 2.05, 2.05, 4.00, 0.95,
    wheel_radius=0.39, clearance=0.36, cabin=(0.20, 0.28, 0.415, 0.42), deck=(1.02, 1.22, 1.24, 1.24),
    roof=(0.03, 0.0), roof_width=0.82, nose_width=0.78, tail_width=0.98, bumper=0.62, panes=((0.08, 0.93),),
    rear_pane=False, mirror=0.19, tag=tags.TRUCK,
)  # fmt: skip


def draw_box_truck(builder: Builder, body: Body, color: Rgb) -> None:
    """Add a small lorry: a low cab and a tall box of its colour behind it."""
    add_hull(builder, body, color)
    add_cabin(builder, body, color)
    add_mirrors(builder, body, DARK, tall=0.26)
    add_wheels(builder, body)
    half, rear, front = body.width / 2, -body.length / 2, body.at(0.36)
    builder.add(box((rear, -half, 0.86), (front, half, body.height), closed_below=True), body.tag, color)
    for side in (-1.0, 1.0):
        wall = upright(rear, front, side * half, 0.86, body.height)
        builder.add(patch(wall, (0.15, 0.85), (0.3, 0.75), np.zeros(3)), body.tag, LOAD)


def draw_ambulance(builder: Builder, body: Body, color: Rgb) -> None:
    """Add an ambulance: a van's face before a tall box, with a stripe, and lamps at all upper corners."""
    add_hull(builder, body, color)
    add_cabin(builder, body, color)
    add_mirrors(builder, body, DARK, tall=0.28)
    add_wheels(builder, body)
    half, rear, front, top = body.width / 2 + 0.05, -body.length / 2, body.at(0.40), 2.66
    low, middle = 0.60, np.array([body.at(0.7), 0.0, 1.6])
    outline = [(front, low + 0.4), (front + 0.05, 1.9), (front + 0.25, top - 0.18), (front + 0.12, top)]
    load = across_y([*outline, (rear, top), (rear, low)], -half, half)
    builder.add(load, body.tag, color)
    for side in (-1.0, 1.0):
        wall = upright(rear, front, side * half, low, top)
        builder.add(patch(wall, (0.0, 0.97), (0.36, 0.48), middle), body.tag, (200, 60, 20))
        builder.add(patch(wall, (0.35, 0.55), (0.60, 0.82), middle), body.tag, GLASS)
    back = np.array([(rear, -half, low), (rear, half, low), (rear, half, top), (rear, -half, top)])
    for span in ((0.12, 0.46), (0.54, 0.88)):
        builder.add(patch(back, span, (0.55, 0.82), middle), body.tag, GLASS)
    add_light_bar(builder, body, front + 0.02, top, half=0.85)
    for y in (-0.85, 0.55):
        builder.add(box((rear, y, top - 0.01), (rear + 0.2, y + 0.3, top + 0.1)), body.tag, (190, 20, 24))


def draw_lorry(builder: Builder, body: Body, color: Rgb) -> None:
    """Add a heavy goods vehicle: a tall cab, a gap, a box on a frame, twin rear axles, and nothing beneath."""
    cab_rear, rear = body.at(0.262), -body.length / 2
    _add_cab(builder, body, cab_rear, color)
    _add_frame(builder, body)
    builder.add(box((rear, -1.25, 1.12), (cab_rear - 0.35, 1.25, 3.40), closed_below=True), body.tag, LOAD)
    _add_axles(builder, body, (body.axles[0], body.axles[1] + 0.15, body.axles[1] - 1.15))
    for side in (-1.0, 1.0):
        low, high = sorted((side * 0.75, side * 1.18))
        tank = box((body.axles[1] + 1.1, low, 0.48), (cab_rear - 0.75, high, 0.98), closed_below=True)
        builder.add(tank, body.tag, CHROME)
    builder.add(box((rear, -1.2, 0.50), (rear + 0.1, 1.2, 0.68)), body.tag, DARK)
    _add_tail_lamps(builder, body, 0.75)


def draw_fire_truck(builder: Builder, body: Body, color: Rgb) -> None:
    """Add a fire truck: a long cab with four doors, lockers behind, a ladder on top, and blue lamps."""
    cab_rear, rear = body.at(0.34), -body.length / 2
    _add_cab(builder, body, cab_rear, color, height=2.95, doors=2)
    _add_frame(builder, body)
    half = body.width / 2
    top, lockers_end = 3.05, cab_rear - 0.06
    for front, back, low in (
        (cab_rear - 0.06, body.axles[1] + 0.75, 0.55),
        (body.axles[1] + 0.75, body.axles[1] - 0.75, 1.15),
        (body.axles[1] - 0.75, rear, 0.60),
    ):
        builder.add(box((back, -half, low), (front, half, top), closed_below=True), body.tag, color)
    for side in (-1.0, 1.0):
        wall = upright(rear, lockers_end, side * half, 1.15, top)
        for span in ((0.03, 0.31), (0.35, 0.65), (0.69, 0.97)):
            builder.add(patch(wall, span, (0.08, 0.80), np.array([0.0, 0.0, 2.0])), body.tag, LADDER)
        y = side * 0.32
        builder.add(rod((rear, y, 3.34), (body.at(0.10), y, 3.52), 0.06, sides=3), body.tag, LADDER)
    for share in np.linspace(0.16, 0.94, 5):
        x, z = body.at(share), 3.52 - (share - 0.10) / 0.90 * 0.18
        builder.add(rod((x, -0.32, z), (x, 0.32, z), 0.035, sides=3), body.tag, LADDER)
    for x in (rear + 0.35, body.at(0.40)):
        builder.add(box((x - 0.06, -0.4, top), (x + 0.06, 0.4, 3.40)), body.tag, DARK)
    add_light_bar(builder, body, body.at(0.07), 2.95, half=0.95)
    _add_axles(builder, body, body.axles)
    _add_tail_lamps(builder, body, 0.9)


def _add_cab(
    builder: Builder, body: Body, rear: float, color: Rgb, *, height: float = 0.0, doors: int = 1
) -> None:
    """Add a cab over the engine, with a raked screen, doors, lamps and mirrors on arms."""
    nose, half, top = body.length / 2, body.width / 2 * 0.985, height or body.height
    axle, arch = body.axles[0], body.wheel_radius + 0.09
    waist = body.deck[0]
    side = [(axle, waist), (rear, waist), (rear, 0.95), (axle - arch, 0.85), (axle - 0.5 * arch, 1.10)]
    side += [(axle + 0.5 * arch, 1.10), (axle + arch, 0.45), (nose - 0.04, 0.40), (nose, 0.75), (nose, waist)]
    builder.add(across_y(side, -half, half), body.tag, color)
    upper = [(rear, waist), (nose, waist), (nose - 0.14, top - 0.55), (nose - 0.55, top), (rear, top)]
    builder.add(across_y(upper, -half, half), body.tag, color)
    inside = np.array([rear, 0.0, waist + 0.5])
    screen = np.array(
        [
            (nose, -half, waist),
            (nose, half, waist),
            (nose - 0.14, half, top - 0.55),
            (nose - 0.14, -half, top - 0.55),
        ]
    )
    builder.add(patch(screen, (0.05, 0.95), (0.05, 0.97), inside), body.tag, GLASS)
    face = np.array([(nose, -half, 0.5), (nose, half, 0.5), (nose, half, waist), (nose, -half, waist)])
    builder.add(patch(face, (0.2, 0.8), (0.32, 0.92), inside), body.tag, DARK)
    for span in ((0.03, 0.17), (0.83, 0.97)):
        builder.add(patch(face, span, (0.12, 0.3), inside), body.tag, HEADLIGHT)
    for sign in (-1.0, 1.0):
        wall = np.array([(rear, sign * half, waist), (nose, sign * half, waist)])
        wall = np.concatenate(
            [wall, np.array([(nose - 0.14, sign * half, top - 0.55), (rear, sign * half, top - 0.55)])]
        )
        for door in range(doors):
            span = ((door + 0.12) / doors, (door + 0.9) / doors)
            builder.add(patch(wall, span, (0.06, 0.92), inside), body.tag, GLASS)
        low, high = sorted((sign * half, sign * (body.width / 2 + body.mirror)))
        builder.add(box((nose - 0.18, low, waist + 0.12), (nose - 0.06, high, waist + 0.72)), body.tag, DARK)


def _add_frame(builder: Builder, body: Body) -> None:
    """Add the two rails that everything stands on."""
    for side in (-1.0, 1.0):
        low, high = sorted((side * 0.32, side * 0.45))
        frame = box(
            (-body.length / 2 + 0.05, low, 0.80), (body.length / 2 - 0.9, high, 1.10), closed_below=True
        )
        builder.add(frame, body.tag, DARK)


def _add_axles(builder: Builder, body: Body, places: tuple[float, ...]) -> None:
    for number, x in enumerate(places):
        width = 0.32 if number == 0 else 0.56  # twin tyres behind
        for side in (-1.0, 1.0):
            y = side * (body.width / 2 - width / 2 - 0.03)
            add_wheel(builder, (x, y, body.wheel_radius), body.wheel_radius, width, body.tag)


def _add_tail_lamps(builder: Builder, body: Body, z: float) -> None:
    rear, half = -body.length / 2, body.width / 2
    for span in ((-half + 0.05, -half + 0.45), (half - 0.45, half - 0.05)):
        lamp = box((rear - 0.015, span[0], z), (rear + 0.03, span[1], z + 0.18))
        builder.add(lamp, body.tag, TAIL_LIGHT)
