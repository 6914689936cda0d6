"""Trees and bushes with frayed, see-through crowns; vegetation from root to tip, as in the data sets.

A crown is a handful of clumps of leaf cards at the ends of branches: from the street one sees twigs and sky
between them. Few shapes of each species are made for a town and planted many times.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from carla_bridge.standin import tags
from carla_bridge.standin.rendering.mesh import ALWAYS, FAR, NEAR, Mesh
from carla_bridge.standin.rendering.shapes import Builder, Rgb, clump, rod, spike

BARK = (84, 68, 52)
FAR_CARDS = 4
LEAVES: tuple[Rgb, ...] = ((62, 92, 42), (78, 108, 50), (54, 80, 44), (96, 112, 56))


@dataclass(frozen=True)
class Species:
    """How one kind of tree grows: heights in metres, all else as shares of its height."""

    height: tuple[float, float]
    trunk: float  # bare trunk below the crown
    spread: float  # radius of the crown
    clumps: int
    cards: int  # leaf cards in each clump
    girth: float = 0.022  # radius of the trunk
    sparse: float = 1.0  # size of the clumps


SPECIES: dict[str, Species] = {
    "broad": Species((9.0, 14.0), trunk=0.24, spread=0.36, clumps=7, cards=14),
    "plane": Species((10.0, 15.0), trunk=0.34, spread=0.33, clumps=7, cards=13, sparse=0.85),
    "airy": Species((8.0, 12.0), trunk=0.30, spread=0.28, clumps=8, cards=11, girth=0.014, sparse=0.7),
    "columnar": Species((9.0, 14.0), trunk=0.12, spread=0.13, clumps=8, cards=10, girth=0.016, sparse=1.0),
    "young": Species((4.2, 6.0), trunk=0.42, spread=0.24, clumps=5, cards=12, sparse=1.1, girth=0.012),
}


def grow(name: str, rng: np.random.Generator) -> Mesh:
    """Return one tree of a species, `conifer` or `bush`, by chance; its object number is 0."""
    builder = Builder()
    growers: dict[str, Callable[[Builder, np.random.Generator], None]] = {
        "conifer": _add_conifer,
        "bush": _add_bush,
    }
    if name in growers:
        growers[name](builder, rng)
    else:
        _add_broad(builder, SPECIES[name], rng)
    return builder.mesh()


def grow_far(rng: np.random.Generator) -> Mesh:
    """Return a tree that is only seen from afar."""
    builder = Builder()
    _add_broad(builder, SPECIES["broad"], rng)
    mesh = builder.mesh()
    assert mesh.levels is not None
    return mesh.select(mesh.levels == FAR).at_level(ALWAYS)


def _add_broad(builder: Builder, species: Species, rng: np.random.Generator) -> None:
    """A trunk that leans, branches that rise from it, and a ragged clump at the end of each."""
    height = float(rng.uniform(*species.height))
    leaves, lean = LEAVES[rng.integers(len(LEAVES))], rng.uniform(-0.03, 0.03, 2) * height
    fork = np.array([*lean, species.trunk * height])
    top = np.array([*(1.6 * lean), 0.86 * height])
    girth = species.girth * height
    foot = (0.0, 0.0, -0.5)
    trunk = rod(foot, fork, girth, sides=5, end_radius=0.7 * girth)
    whole = np.concatenate([trunk, spike(fork, top, 0.7 * girth)])
    builder.add(whole, tags.VEGETATION, BARK, level=NEAR)
    builder.add(spike(foot, top, girth), tags.VEGETATION, BARK, level=FAR)
    for center, radius in _clumps(species, height, fork, top, rng):
        start = fork + (top - fork) * float(rng.uniform(0.0, 0.35))
        builder.add(spike(start, center, 0.4 * girth), tags.VEGETATION, BARK, level=NEAR)
        builder.add(clump(center, radius, species.cards, rng), tags.VEGETATION, leaves, level=NEAR)
        builder.add(clump(center, 1.1 * radius, FAR_CARDS, rng), tags.VEGETATION, leaves, level=FAR)


def _clumps(
    species: Species, height: float, fork: np.ndarray, top: np.ndarray, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Middles and radii: one at the top, the others winding down around the trunk in unequal steps."""
    crown, spread = height - fork[2], species.spread * height
    size = species.sparse * np.array([0.55 * spread, 0.55 * spread, min(0.24 * crown, 0.62 * spread + 0.3)])
    places, turn = [(top, 0.9 * size)], float(rng.uniform(0.0, 2 * np.pi))
    for share in np.linspace(0.12, 0.8, species.clumps - 1):
        turn += float(rng.uniform(1.8, 2.8))
        out = spread * np.sin(np.pi * (0.22 + 0.62 * share)) * float(rng.uniform(0.45, 0.75))
        level = fork[2] + crown * (share + float(rng.uniform(-0.07, 0.07)))
        center = fork + np.array([out * np.cos(turn), out * np.sin(turn), level - fork[2]])
        places.append((center, size * rng.uniform(0.75, 1.25)))
    return places


def _add_conifer(builder: Builder, rng: np.random.Generator) -> None:
    """A straight trunk and whorls of drooping boughs, shorter and shorter, with gaps between them."""
    height = float(rng.uniform(8.0, 14.0))
    builder.add(spike((0.0, 0.0, -0.3), (0.0, 0.0, height), 0.02 * height), tags.VEGETATION, BARK)
    reach, boughs = float(rng.uniform(0.17, 0.24)) * height, []
    for level in np.linspace(0.1, 0.93, 11):
        length = reach * (1.0 - level) ** 0.8 + 0.1
        for angle in np.linspace(0.0, 2 * np.pi, 6, endpoint=False) + rng.uniform(0.0, 2.0):
            out = length * rng.uniform(0.7, 1.15)
            low = height * level - 0.28 * out - rng.uniform(0.0, 0.3)
            side = np.array([-np.sin(angle), np.cos(angle), 0.0]) * 0.42 * out
            middle = np.array([np.cos(angle), np.sin(angle), 0.0]) * out
            base = np.array([0.0, 0.0, height * (level + 0.07)])
            outer = middle + np.array([0.0, 0.0, low])
            boughs.append(np.stack([base, outer - side, outer + side]))
    builder.add(np.stack(boughs), tags.VEGETATION, LEAVES[2], level=NEAR)
    for low, high, share in ((0.04, 0.7, 0.85), (0.4, 1.0, 0.55)):
        cone = spike((0.0, 0.0, low * height), (0.0, 0.0, high * height), share * reach, sides=5)
        builder.add(cone, tags.VEGETATION, LEAVES[2], level=FAR)


def _add_bush(builder: Builder, rng: np.random.Generator) -> None:
    """Two or three clumps on the ground."""
    leaves = LEAVES[rng.integers(len(LEAVES))]
    for _ in range(int(rng.integers(2, 4))):
        radius = rng.uniform(0.5, 0.9, 3)
        center = np.array([*rng.uniform(-0.5, 0.5, 2), 0.55 * radius[2]])
        builder.add(clump(center, radius, 14, rng), tags.VEGETATION, leaves, level=NEAR)
        builder.add(clump(center, 1.1 * radius, FAR_CARDS, rng), tags.VEGETATION, leaves, level=FAR)
