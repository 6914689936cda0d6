"""Side views of vehicles given width: bodies, tapered cabins, wheels, riders. Metres, x forward, ground at z = 0."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from . import tags
from .shapes import Builder, Rgb, across_y, ball, box, disc, rod

GLASS, TYRE, DARK, SKIN, CLOTH = (38, 44, 52), (22, 22, 24), (45, 45, 48), (200, 160, 130), (60, 70, 110)
Outline = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Body:
    """Measures of a car, van, truck or bus; heights from the ground, cabin as shares of the length from the rear."""

    length: float
    width: float
    height: float
    waist: float  # where the windows begin
    cabin: tuple[float, float, float, float]  # rear foot, rear of roof, front of roof, front foot
    hood: float  # height of the bonnet's front edge
    wheel_radius: float = 0.33
    wheel_base: float = 0.59  # share of the length
    tag: int = tags.CAR
    roof_taper: float = 0.86


SEDAN = Body(4.70, 1.85, 1.45, 0.92, (0.06, 0.25, 0.58, 0.77), 0.72)
HATCHBACK = Body(3.90, 1.75, 1.50, 0.95, (0.01, 0.09, 0.62, 0.82), 0.78)
COUPE = Body(4.30, 1.85, 1.32, 0.88, (0.03, 0.30, 0.52, 0.75), 0.66)
SUV = Body(4.75, 1.95, 1.78, 1.08, (0.01, 0.06, 0.60, 0.77), 0.95, wheel_radius=0.38)
VAN = Body(
    5.60, 2.00, 2.55, 1.30, (0.0, 0.01, 0.76, 0.93), 1.10, wheel_radius=0.36, tag=tags.TRUCK, roof_taper=0.94
)
TRUCK = Body(
    7.60, 2.45, 3.10, 1.60, (0.70, 0.72, 0.95, 0.99), 1.50, wheel_radius=0.50, tag=tags.TRUCK, roof_taper=0.97
)
BUS = Body(
    10.3, 2.50, 3.05, 1.30, (0.0, 0.0, 0.98, 1.0), 1.30, wheel_radius=0.50, tag=tags.BUS, roof_taper=0.96
)


def scaled(body: Body, length: float) -> Body:
    """Return the same kind of vehicle in another length."""
    return replace(body, length=length)


def add_body(builder: Builder, body: Body, color: Rgb) -> None:
    """Add a four-wheeled vehicle: lower body with wheel arches, cabin, wheels."""
    rear, half = -body.length / 2, body.width / 2
    axle = body.wheel_base * body.length / 2
    builder.add(across_y(_lower_outline(body, axle), -half, half), body.tag, color)
    feet = [rear + share * body.length for share in body.cabin]
    _add_cabin(builder, body, feet, color)
    if body.tag == tags.TRUCK and body.length > 6.0:
        load = box((rear, -half, 0.9), (feet[0] - 0.1, half, body.height + 0.2), closed_below=True)
        builder.add(load, body.tag, (205, 205, 200))
    for x in (-axle, axle):
        for side in (-1.0, 1.0):
            wheel = disc((x, side * (half - 0.12), body.wheel_radius), body.wheel_radius, 0.24)
            builder.add(wheel, body.tag, TYRE)
    for side in (-1.0, 1.0):
        y, x = side * (half + 0.09), feet[3] - 0.12 * body.length
        mirror = box((x, min(y, side * half), body.waist), (x + 0.1, max(y, side * half), body.waist + 0.14))
        builder.add(mirror, body.tag, color)


def _lower_outline(body: Body, axle: float) -> list[tuple[float, float]]:
    """The body below the windows; it starts in the middle of the roof line so that a fan sees over both arches."""
    rear, front, sill, r = -body.length / 2, body.length / 2, 0.22, body.wheel_radius + 0.05
    under = [(rear + 0.06, sill + 0.12)]
    for x in (-axle, axle):
        under += [
            (x - r, sill),
            (x - 0.6 * r, sill + 0.62 * r),
            (x + 0.6 * r, sill + 0.62 * r),
            (x + r, sill),
        ]
    under += [(front - 0.05, sill + 0.12)]
    nose = [(front, body.hood - 0.14), (front - 0.16, body.hood)]
    tail = [(rear + 0.04, body.waist), (rear, body.waist - 0.2)]
    return [(0.0, body.waist), *tail, *under, *nose, (body.length * (body.cabin[3] - 0.5), body.waist)]


def _add_cabin(builder: Builder, body: Body, feet: list[float], color: Rgb) -> None:
    """Windows leaning inwards under a roof of the body's colour."""
    foot, roof = body.width / 2 - 0.03, (body.width / 2 - 0.03) * body.roof_taper
    low = [(feet[0], -foot), (feet[3], -foot), (feet[3], foot), (feet[0], foot)]
    high = [(feet[1], -roof), (feet[2], -roof), (feet[2], roof), (feet[1], roof)]
    lower = np.array([(x, y, body.waist) for x, y in low])
    upper = np.array([(x, y, body.height) for x, y in high])
    for i in range(4):
        j = (i + 1) % 4
        pane = np.array([[lower[i], lower[j], upper[j]], [lower[i], upper[j], upper[i]]])
        builder.add(pane, body.tag, GLASS)
    builder.add(upper[[[0, 1, 2], [0, 2, 3]]], body.tag, color)


def add_two_wheeler(builder: Builder, *, motor: bool, color: Rgb) -> None:
    """Add a motorcycle or bicycle with somebody on it."""
    tag = tags.MOTORCYCLE if motor else tags.BICYCLE
    axle, radius, thick = (0.74, 0.32, 0.13) if motor else (0.53, 0.34, 0.05)
    for x in (-axle, axle):
        builder.add(disc((x, 0.0, radius), radius, thick, sides=12), tag, TYRE)
    seat = 0.80 if motor else 0.92
    if motor:
        profile = [
            (-0.85, 0.62),
            (-0.75, 0.78),
            (0.0, seat),
            (0.35, 0.98),
            (0.5, 0.85),
            (0.4, 0.35),
            (-0.3, 0.28),
        ]
        builder.add(across_y(profile, -0.14, 0.14), tag, color)
    else:
        for a, b in (((-0.53, 0.34), (0.0, 0.3)), ((0.0, 0.3), (-0.18, seat)), ((0.0, 0.3), (0.42, 0.8))):
            builder.add(rod((a[0], 0, a[1]), (b[0], 0, b[1]), 0.025), tag, color)
        builder.add(rod((-0.14, 0, 0.78), (0.42, 0, 0.8), 0.025), tag, color)
        builder.add(rod((-0.53, 0, 0.34), (-0.16, 0, 0.8), 0.02), tag, color)
    grip = (0.42, 1.02) if motor else (0.45, 1.0)
    builder.add(rod((axle, 0.0, radius), (grip[0], 0.0, grip[1]), 0.035), tag, DARK)
    builder.add(rod((grip[0], -0.32, grip[1]), (grip[0], 0.32, grip[1]), 0.025), tag, DARK)
    _add_rider(builder, seat, grip)


def _add_rider(builder: Builder, seat: float, grip: tuple[float, float]) -> None:
    hip, shoulder = (-0.18, seat + 0.06), (0.08, seat + 0.56)
    torso = rod((hip[0], 0.0, hip[1]), (shoulder[0], 0.0, shoulder[1]), 0.17, sides=6, end_radius=0.2)
    builder.add(torso, tags.RIDER, CLOTH)
    builder.add(ball((shoulder[0] + 0.05, 0.0, shoulder[1] + 0.22), (0.13, 0.12, 0.15)), tags.RIDER, DARK)
    for side in (-1.0, 1.0):
        elbow = (0.22, side * 0.27, shoulder[1] - 0.25)
        knee, foot = (0.2, side * 0.15, seat - 0.1), (0.02, side * 0.14, 0.3)
        builder.add(rod((shoulder[0], side * 0.2, shoulder[1] - 0.06), elbow, 0.06), tags.RIDER, CLOTH)
        builder.add(rod(elbow, (grip[0], side * 0.28, grip[1]), 0.05), tags.RIDER, SKIN)
        builder.add(rod((hip[0], side * 0.1, hip[1]), knee, 0.09), tags.RIDER, DARK)
        builder.add(rod(knee, foot, 0.07), tags.RIDER, DARK)
