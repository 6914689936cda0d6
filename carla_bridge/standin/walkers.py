"""People on foot: head, torso, and limbs that swing with the stride."""

from math import cos, pi, sin

from . import tags
from .shapes import Builder, Rgb, ball, box, rod

SKIN, HAIR, SHOE = (205, 165, 135), (60, 45, 35), (30, 30, 32)
SWING_RAD = 0.5  # how far a leg swings forwards and back
CHILD_M, WOMAN_M, MAN_M = 1.15, 1.68, 1.80


def add_person(builder: Builder, height: float, coat: Rgb, trousers: Rgb, *, swing: float = 0.0) -> None:
    """Add a person of a height in metres; `swing` from -1 to 1 puts the left leg back or forward."""
    k = height / 1.8  # all measures below are those of somebody 1.80 m tall
    hip, shoulder = 0.92 * k, 1.48 * k
    builder.add(
        rod((0, 0, hip - 0.08 * k), (0, 0, shoulder), 0.17 * k, sides=6, end_radius=0.22 * k),
        tags.PEDESTRIANS,
        coat,
    )
    builder.add(rod((0, 0, shoulder), (0, 0, shoulder + 0.12 * k), 0.06 * k), tags.PEDESTRIANS, SKIN)
    builder.add(ball((0.02 * k, 0, 1.67 * k), (0.11 * k, 0.095 * k, 0.13 * k)), tags.PEDESTRIANS, SKIN)
    builder.add(ball((-0.02 * k, 0, 1.70 * k), (0.11 * k, 0.1 * k, 0.11 * k)), tags.PEDESTRIANS, HAIR)
    for side in (-1.0, 1.0):
        _add_leg(builder, k, side, -side * swing * SWING_RAD, trousers)
        _add_arm(builder, k, side, side * swing * SWING_RAD, coat)


def _add_leg(builder: Builder, k: float, side: float, angle: float, color: Rgb) -> None:
    hip = (0.0, side * 0.1 * k, 0.92 * k)
    knee = (0.44 * k * sin(angle), side * 0.1 * k, hip[2] - 0.44 * k * cos(angle))
    bend = angle - max(0.0, -angle) * 0.7  # the leg behind is bent
    foot = (knee[0] + 0.44 * k * sin(bend), side * 0.1 * k, max(0.06 * k, knee[2] - 0.44 * k * cos(bend)))
    builder.add(rod(hip, knee, 0.1 * k, end_radius=0.075 * k), tags.PEDESTRIANS, color)
    builder.add(rod(knee, foot, 0.075 * k, end_radius=0.055 * k), tags.PEDESTRIANS, color)
    heel, toe = (
        (foot[0] - 0.08 * k, foot[1] - 0.05 * k, foot[2] - 0.06 * k),
        (foot[0] + 0.19 * k, foot[1] + 0.05 * k),
    )
    builder.add(box(heel, (*toe, foot[2] + 0.02 * k)), tags.PEDESTRIANS, SHOE)


def _add_arm(builder: Builder, k: float, side: float, angle: float, color: Rgb) -> None:
    shoulder = (0.0, side * 0.23 * k, 1.44 * k)
    elbow = (0.3 * k * sin(angle), side * 0.26 * k, shoulder[2] - 0.3 * k * cos(angle))
    hand = (elbow[0] + 0.32 * k * sin(angle + 0.3), elbow[1], elbow[2] - 0.32 * k * cos(angle + 0.3))
    builder.add(rod(shoulder, elbow, 0.065 * k), tags.PEDESTRIANS, color)
    builder.add(rod(elbow, hand, 0.05 * k), tags.PEDESTRIANS, color)


def swing_at(phase: float) -> float:
    """Return the swing at a phase of the stride, 0 to 1."""
    return sin(2 * pi * phase)
