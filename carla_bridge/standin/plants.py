"""Trees and hedges; a tree is vegetation from root to tip, as in the data sets."""

import numpy as np

from . import tags
from .shapes import Builder, Rgb, blob, box, rod

BARK = (84, 68, 52)
LEAVES: tuple[Rgb, ...] = ((62, 92, 42), (78, 108, 50), (54, 80, 44), (96, 112, 56))


def add_tree(
    builder: Builder,
    object_id: int,
    rng: np.random.Generator,
    *,
    height: float,
    clumps: int = 5,
    trunk_m: float = 2.6,
) -> None:
    """Add a tree with a bare trunk and an irregular crown of several clumps."""
    leaves = LEAVES[rng.integers(len(LEAVES))]
    lean = rng.uniform(-0.25, 0.25, 2)
    fork = (float(lean[0]), float(lean[1]), trunk_m + 0.6)
    builder.add(rod((0, 0, -0.3), fork, 0.2, sides=5, end_radius=0.12), tags.VEGETATION, BARK, object_id)
    crown = height - trunk_m
    for i in range(clumps):
        angle = 2 * np.pi * (i + rng.uniform(0.0, 0.7)) / clumps
        out = 0.0 if i == 0 else rng.uniform(0.2, 0.34) * crown
        z = height - 0.32 * crown if i == 0 else trunk_m + crown * rng.uniform(0.3, 0.65)
        radii = (crown * rng.uniform(0.22, 0.34, 3)).tolist()
        center = (fork[0] + out * np.cos(angle), fork[1] + out * np.sin(angle), z)
        builder.add(blob(center, radii, rng, roughness=0.3), tags.VEGETATION, leaves, object_id)


def add_conifer(builder: Builder, object_id: int, rng: np.random.Generator, *, height: float) -> None:
    """Add a narrow pointed tree."""
    base = height * rng.uniform(0.14, 0.2)
    for low, high, share in ((0.08, 0.55, 1.0), (0.38, 0.8, 0.72), (0.65, 1.0, 0.45)):
        cone = rod((0, 0, low * height), (0, 0, high * height), base * share, sides=7, end_radius=0.03)
        builder.add(cone, tags.VEGETATION, LEAVES[2], object_id)


def add_hedge(
    builder: Builder, object_id: int, rng: np.random.Generator, *, length: float, height: float
) -> None:
    """Add a hedge along x, its top uneven."""
    step = length / max(1, round(length / 1.6))
    for x in np.arange(-length / 2, length / 2 - 0.1, step):
        top = height + float(rng.uniform(-0.12, 0.12))
        part = box((x, -0.3, -0.3), (x + step, 0.3, top))
        builder.add(part, tags.VEGETATION, LEAVES[1], object_id)
