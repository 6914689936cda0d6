"""How CARLA's commoner props look: functions from a size to triangles and their colours, standing on the ground."""

from collections.abc import Callable

import numpy as np

from carla_bridge.standin.library.blueprint_props import PropSize
from carla_bridge.standin.rendering.shapes import Rgb, ball, blob, box, prism, ring, rod

ORANGE, WHITE, GREY, WOOD, GREEN = (
    (226, 92, 24),
    (230, 230, 226),
    (110, 114, 116),
    (122, 88, 56),
    (64, 98, 52),
)
STEEL, DARK, RED, STRAW, PAPER = (158, 162, 166), (46, 48, 50), (176, 34, 32), (196, 170, 96), (164, 128, 86)
Parts = list[tuple[np.ndarray, Rgb]]
CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))


def plain_box(size: PropSize) -> Parts:
    """Return a box: what a prop without a shape of its own is."""
    x, y = size.x_m / 2, size.y_m / 2
    return [(box((-x, -y, 0), (x, y, size.z_m), closed_below=True), GREY)]


def boxed_in(color: Rgb) -> Callable[[PropSize], Parts]:
    """Return the drawer of a box in a colour."""
    return lambda size: [(plain_box(size)[0][0], color)]


def cone(size: PropSize) -> Parts:
    """A cone with a white band on a square foot."""
    r, z = size.x_m / 2, size.z_m
    foot = (box((-r, -r, 0), (r, r, 0.05 * z)), ORANGE)
    lower = (prism(ring(8, 0.72 * r), 0.05 * z, 0.45 * z, inset=0.66), ORANGE)
    middle = (prism(ring(8, 0.48 * r), 0.45 * z, 0.72 * z, inset=0.68), WHITE)
    return [foot, lower, middle, (prism(ring(8, 0.33 * r), 0.72 * z, z, inset=0.4), ORANGE)]


def post(size: PropSize) -> Parts:
    """A beacon: a striped post on a foot."""
    r, z = size.x_m / 2, size.z_m
    parts: Parts = [(prism(ring(8, r), 0, 0.08 * z, inset=0.9), DARK)]
    for low, high, color in (
        (0.08, 0.45, ORANGE),
        (0.45, 0.6, WHITE),
        (0.6, 0.75, ORANGE),
        (0.75, 1.0, WHITE),
    ):
        parts.append((prism(ring(8, 0.42 * r), low * z, high * z), color))
    return parts


def barrier(size: PropSize) -> Parts:
    """Two boards with slanting stripes, on feet; open beneath."""
    x, y, z = size.x_m / 2, size.y_m / 2, size.z_m
    feet: Parts = [(box((s * 0.8 * x - 0.04, -y, 0), (s * 0.8 * x + 0.04, y, 0.08)), DARK) for s in (-1, 1)]
    posts: Parts = [
        (box((s * 0.8 * x - 0.03, -0.03, 0), (s * 0.8 * x + 0.03, 0.03, z)), DARK) for s in (-1, 1)
    ]
    boards: Parts = []
    for low, high in ((0.42, 0.62), (0.76, 0.98)):
        for i in range(6):
            x0, x1 = -x + i * x / 3, -x + (i + 1) * x / 3
            boards.append((box((x0, -0.02, low * z), (x1, 0.02, high * z)), (WHITE, RED)[i % 2]))
    return [*feet, *posts, *boards]


def drum(color: Rgb, *, lid: float = 0.9) -> Callable[[PropSize], Parts]:
    """Return the drawer of a drum with a lid."""

    def draw(size: PropSize) -> Parts:
        r, z = size.x_m / 2, size.z_m
        return [
            (prism(ring(8, r * 0.92), 0, 0.9 * z, inset=1.05), color),
            (prism(ring(8, r), 0.9 * z, z, inset=lid), DARK),
        ]

    return draw


def wheeled_bin(size: PropSize) -> Parts:
    """A bin on two wheels."""
    x, y, z = size.x_m / 2, size.y_m / 2, size.z_m
    body = prism(
        np.array([(-0.8 * x, -0.8 * y), (0.8 * x, -0.8 * y), (0.8 * x, 0.8 * y), (-0.8 * x, 0.8 * y)]),
        0.06,
        0.86 * z,
        inset=1.15,
    )
    lid = box((-x, -y, 0.86 * z), (x, y, z))
    wheels: Parts = [
        (rod((-0.7 * x, s * 0.6 * y, 0.1), (-0.7 * x, s * y, 0.1), 0.1, sides=6), DARK) for s in (-1, 1)
    ]
    return [(body, GREEN), (lid, DARK), *wheels]


def sack(size: PropSize) -> Parts:
    """A tied sack."""
    rng = np.random.default_rng(7)
    return [
        (blob((0, 0, 0.45), (0.5, 0.5, 0.45), rng, roughness=0.12), DARK),
        (rod((0, 0, 0.8), (0, 0, 1.0), 0.1), DARK),
    ]


def pot(size: PropSize) -> Parts:
    """A tub with two shrubs."""
    x, y, z = size.x_m / 2, size.y_m / 2, size.z_m
    outline = np.array([(-0.8 * x, -0.8 * y), (0.8 * x, -0.8 * y), (0.8 * x, 0.8 * y), (-0.8 * x, 0.8 * y)])
    rng = np.random.default_rng(11)
    leaves = [blob((s * 0.45 * x, 0, 0.75 * z), (0.6 * x, y, 0.3 * z), rng) for s in (-1, 1)]
    return [(prism(outline, 0, 0.6 * z, inset=1.15), WOOD), *((leaf, GREEN) for leaf in leaves)]


def board(size: PropSize) -> Parts:
    """A board on two legs."""
    x, y, z = size.x_m / 2, size.y_m / 2, size.z_m
    legs: Parts = [
        (box((s * 0.9 * x - 0.04, -y / 2, 0), (s * 0.9 * x + 0.04, y / 2, z)), STEEL) for s in (-1, 1)
    ]
    return [*legs, (box((-x, -y, 0.38 * z), (x, y, z), closed_below=True), WHITE)]


def stand(size: PropSize) -> Parts:
    """A triangular warning on a foot."""
    x, y, z = size.x_m / 2, size.y_m / 2, size.z_m
    feet: Parts = [(box((-x, -0.05, 0), (x, 0.05, 0.08)), DARK), (box((-0.05, -y, 0), (0.05, y, 0.08)), DARK)]
    sign = np.array([[(-0.6 * x, 0.0, 0.5 * z), (0.6 * x, 0.0, 0.5 * z), (0.0, 0.0, z)]])
    return [
        *feet,
        (rod((0, 0, 0), (0, 0, 0.55 * z), 0.03), STEEL),
        (sign, RED),
        (sign * (0.6, 1, 0.9) + (0, 0.01, 0.06 * z), WHITE),
    ]


def chain(size: PropSize) -> Parts:
    """Two posts and a chain, or one post."""
    x, z = size.x_m / 2, size.z_m
    posts: Parts = [
        (prism(ring(6, 0.1, s * (x - 0.12)), 0, z, inset=0.8), DARK) for s in ((-1, 1) if x > 0.3 else (0,))
    ]
    return (
        posts
        if x < 0.3
        else [
            *posts,
            (rod((-x + 0.1, 0, 0.75 * z), (0, 0, 0.55 * z), 0.02, sides=3), STEEL),
            (rod((0, 0, 0.55 * z), (x - 0.1, 0, 0.75 * z), 0.02, sides=3), STEEL),
        ]
    )


def sign_trailer(size: PropSize) -> Parts:
    """A trailer with a tall board that sends traffic aside."""
    x, y, z = size.x_m / 2, size.y_m / 2, size.z_m
    board = (box((-0.1, -0.8 * y, 0.3 * z), (0.1, 0.8 * y, z), closed_below=True), RED)
    wheels: Parts = [(rod((0, s * 0.75 * y, 0.35), (0, s * y, 0.35), 0.35, sides=8), DARK) for s in (-1, 1)]
    return [board, (box((-x, -0.6 * y, 0.4), (x, 0.6 * y, 0.6), closed_below=True), ORANGE), *wheels]


def sphere(color: Rgb) -> Callable[[PropSize], Parts]:
    """Return the drawer of a ball."""
    return lambda size: [(ball((0, 0, 0.5), (0.5, 0.5, 0.5)), color)]


def bale(size: PropSize) -> Parts:
    """A round bale, lying."""
    return [(rod((-size.x_m / 2, 0, 0.6), (size.x_m / 2, 0, 0.6), 0.6, sides=10), STRAW)]
