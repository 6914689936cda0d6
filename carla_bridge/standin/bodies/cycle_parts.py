"""What bicycles and motorcycles have in common: measures, wheels one sees through, tubes and handlebars."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.bodies.bodywork import DARK, RIM, TYRE
from carla_bridge.standin.rendering.shapes import Builder, Rgb, across_y, fan, ring, rod, strip

Place = tuple[float, float]  # x, z


@dataclass(frozen=True)
class Cycle:
    """Measures of a two-wheeler, and where its rider sits, holds on and rests the feet."""

    wheel_base: float
    wheel_radius: float
    saddle: Place
    grip: Place
    crank: Place  # or where both feet rest, if it has an engine
    lean: float  # of the rider's trunk, forward
    kind: str  # "bicycle", "upright", "cruiser", "racer" or "scooter"
    handlebar: float = 0.30  # half width
    rake: float = 0.12  # how far the axle stands before the foot of the steering head

    @property
    def has_engine(self) -> bool:
        """Say whether this is a motorcycle or a scooter."""
        return self.kind in ("cruiser", "racer", "scooter")

    @property
    def tag(self) -> int:
        """The tag of the machine; its rider has one of their own."""
        return tags.MOTORCYCLE if self.has_engine else tags.BICYCLE

    @property
    def axles(self) -> tuple[float, float]:
        """The x of the front and the rear axle."""
        return self.wheel_base / 2, -self.wheel_base / 2


def add_wheel(builder: Builder, cycle: Cycle, x: float) -> None:
    """Add a tyre one sees through, and crossing spokes."""
    radius, sides = cycle.wheel_radius, 11
    width, inner = (0.055, 0.60) if cycle.has_engine else (0.020, 0.90)
    outer_ring, inner_ring = (ring(sides, radius * share, x, radius) for share in (1.0, inner))
    around = np.arange(sides + 1) % sides
    tread = [
        np.column_stack([outer_ring[:, 0], np.full(sides, y), outer_ring[:, 1]]) for y in (-width, width)
    ]
    rim = np.column_stack([inner_ring[:, 0], np.zeros(sides), inner_ring[:, 1]])
    builder.add(strip(tread[0][around], tread[1][around]), cycle.tag, TYRE)
    builder.add(strip(tread[0][around] * (1.0, 0.0, 1.0), rim[around]), cycle.tag, TYRE)
    spokes = 3 if not cycle.has_engine else 5
    for angle in np.pi * np.arange(spokes) / spokes:
        along = radius * np.array([np.cos(angle), 0.0, np.sin(angle)])
        thick = (0.008 if not cycle.has_engine else 0.03) * np.array([-np.sin(angle), 0.0, np.cos(angle)])
        hub = np.array([x, 0.0, radius])
        corners = np.array([hub - along * 0.9 - thick, hub - along * 0.9 + thick, hub + along * 0.9])
        builder.add(corners[None], cycle.tag, RIM)


def add_handlebar(builder: Builder, cycle: Cycle, *, back: float) -> None:
    """Add both ends of the handlebar, bent back by so much."""
    (x, z), half = cycle.grip, cycle.handlebar
    for side in (-1.0, 1.0):
        bar = rod((x + back, 0.0, z - 0.01), (x, side * half, z), 0.016, sides=3)
        builder.add(bar, cycle.tag, DARK)


def add_tube(builder: Builder, start: Place, end: Place, radius: float, tag: int, color: Rgb) -> None:
    """Add a tube in the middle plane."""
    builder.add(rod((start[0], 0.0, start[1]), (end[0], 0.0, end[1]), radius, sides=3), tag, color)


def add_solid(builder: Builder, outline: Sequence[Place], half: float, tag: int, color: Rgb) -> None:
    """Add a side view given width."""
    builder.add(across_y(outline, -half, half), tag, color)


def plate(low: Place, high: Place, z: float) -> np.ndarray:
    """Return a level rectangle between two corners (x, y)."""
    return fan(
        np.array([(low[0], low[1], z), (high[0], low[1], z), (high[0], high[1], z), (low[0], high[1], z)])
    )
