"""How CARLA's props of parks and gardens look: benches, tables, shelters, swings, fountains; as in `prop_shapes`."""

from carla_bridge.standin.bodies.prop_shapes import CORNERS, DARK, GREY, RED, STEEL, WHITE, WOOD, Parts
from carla_bridge.standin.library.blueprint_props import PropSize
from carla_bridge.standin.rendering.shapes import box, prism, ring, rod


def bench(size: PropSize) -> Parts:
    """A bench, with a back if it is high enough for one."""
    x, y = size.x_m / 2, size.y_m / 2
    seat_z = min(size.z_m, 0.48)
    parts: Parts = [(box((-x, -y, seat_z - 0.05), (x, y * 0.8, seat_z), closed_below=True), WOOD)]
    for s in (-0.8, 0.8):
        parts.append((box((s * x - 0.04, -0.8 * y, 0), (s * x + 0.04, 0.7 * y, seat_z)), DARK))
    if size.z_m > 0.7:
        parts.append((box((-x, y * 0.8, seat_z + 0.1), (x, y, size.z_m), closed_below=True), WOOD))
        parts.append((box((-0.8 * x, 0.7 * y, 0), (-0.8 * x + 0.06, y, size.z_m)), DARK))
    return parts


def shelter(size: PropSize) -> Parts:
    """Posts, a back wall and a roof."""
    x, y, z = size.x_m / 2, size.y_m / 2, size.z_m
    posts: Parts = [
        (rod((a * 0.92 * x, b * 0.92 * y, 0), (a * 0.92 * x, b * 0.92 * y, z), 0.05), STEEL)
        for a, b in CORNERS
    ]
    return [*posts, (box((-x, -y, 0.95 * z), (x, y, z), closed_below=True), DARK)]


def bus_stop(size: PropSize) -> Parts:
    """A shelter with a back wall and a seat."""
    x, y, z = size.x_m / 2, size.y_m / 2, size.z_m
    along = (1.0, 0.0) if x > y else (0.0, 1.0)
    wall = (
        box((-x, 0.88 * y, 0.2), (x, 0.92 * y, 0.9 * z))
        if along[0]
        else box((-0.92 * x, -y, 0.2), (-0.88 * x, y, 0.9 * z))
    )
    seat = (
        box((-0.7 * x, 0.4 * y, 0.42), (0.7 * x, 0.75 * y, 0.48), closed_below=True)
        if along[0]
        else box((-0.75 * x, -0.7 * y, 0.42), (-0.4 * x, 0.7 * y, 0.48), closed_below=True)
    )
    return [*shelter(size), (wall, STEEL), (seat, WOOD)]


def table(size: PropSize) -> Parts:
    """A table on four legs."""
    x, y, z = size.x_m / 2, size.y_m / 2, size.z_m
    top = box((-x, -y, 0.93 * z), (x, y, z), closed_below=True)
    return [
        (top, WOOD),
        *(
            (rod((a * 0.8 * x, b * 0.8 * y, 0), (a * 0.8 * x, b * 0.8 * y, z), 0.04), DARK)
            for a, b in CORNERS
        ),
    ]


def parasol(size: PropSize) -> Parts:
    """A garden table under a parasol."""
    r, z = size.x_m / 2, size.z_m
    return [
        (prism(ring(8, 0.4 * r), 0.28 * z, 0.32 * z), WHITE),
        (rod((0, 0, 0), (0, 0, z), 0.03), STEEL),
        (prism(ring(8, r), 0.78 * z, z, inset=0.05), RED),
    ]


def chair(size: PropSize) -> Parts:
    """A garden chair."""
    x, y, z = size.x_m / 2, size.y_m / 2, size.z_m
    seat = box((-x, -y, 0.36 * z), (x, y, 0.40 * z), closed_below=True)
    legs: Parts = [
        (rod((a * 0.9 * x, b * 0.9 * y, 0), (a * 0.9 * x, b * 0.9 * y, 0.4 * z), 0.025, sides=3), WHITE)
        for a, b in CORNERS
    ]
    return [*legs, (seat, WHITE), (box((-x, -y, 0.4 * z), (-0.85 * x, y, z)), WHITE)]


def fountain(size: PropSize) -> Parts:
    """Basins one over another."""
    r, z = size.x_m / 2, size.z_m
    tiers = (
        (1.0, 0.0, 0.10),
        (0.22, 0.10, 0.40),
        (0.50, 0.40, 0.46),
        (0.12, 0.46, 0.72),
        (0.26, 0.72, 0.76),
        (0.07, 0.76, 1.0),
    )
    return [(prism(ring(10, share * r), low * z, high * z), GREY) for share, low, high in tiers]


def trampoline(size: PropSize) -> Parts:
    """A trampoline in its net posts."""
    r, z = size.x_m / 2, size.z_m
    posts: Parts = [(rod((px, py, 0), (px, py, z), 0.04, sides=3), STEEL) for px, py in ring(6, 0.95 * r)]
    return [(prism(ring(10, r), 0.28 * z, 0.33 * z), DARK), *posts]


def swing(size: PropSize) -> Parts:
    """A frame with two swings."""
    x, y, z = size.x_m / 2, size.y_m / 2, size.z_m
    legs: Parts = [(rod((a * x, b * y, 0), (a * 0.9 * x, 0, z), 0.05, sides=3), STEEL) for a, b in CORNERS]
    seats: Parts = [
        (box((s * 0.4 * x - 0.25, -0.12, 0.5), (s * 0.4 * x + 0.25, 0.12, 0.55)), WOOD) for s in (-1, 1)
    ]
    ropes: Parts = [
        (rod((s * 0.4 * x + d, 0, 0.5), (s * 0.4 * x + d, 0, z), 0.015, sides=3), STEEL)
        for s in (-1, 1)
        for d in (-0.24, 0.24)
    ]
    return [*legs, (rod((-0.9 * x, 0, z), (0.9 * x, 0, z), 0.05, sides=3), STEEL), *seats, *ropes]
