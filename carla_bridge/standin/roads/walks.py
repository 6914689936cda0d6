"""Where ambient pedestrians walk: closed walks along the sidewalks of a network, there and back where they end."""

from collections.abc import Sequence

import numpy as np

from carla_bridge.standin.roads.junction_ground import clipped
from carla_bridge.standin.roads.network import Network

KERB_M = 0.15
JOINED_M = 0.8
SHORTEST_M = 20.0
STEP_M = 2.0
NARROWEST_M = 1.2
BESIDE_M = 0.2  # who walks back keeps to the other side


def walks(network: Network) -> tuple[np.ndarray, ...]:
    """Return closed walks (N,3); the last point joins the first."""
    pieces = [
        (strip.inner + strip.outer) / 2 + np.array([0.0, 0.0, KERB_M])
        for strip in clipped([*network.strips, *network.corners])
        if strip.kind == "sidewalk" and np.linalg.norm(strip.outer - strip.inner, axis=1).min() >= NARROWEST_M
    ]
    chains = [_stationed(chain) for chain in _chains(pieces)]
    return tuple(_closed(chain) for chain in chains if len(chain) * STEP_M > SHORTEST_M)


def _chains(pieces: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the pieces strung together end to end, each turned as it fits."""
    if not pieces:
        return []
    ends = np.array([(piece[0], piece[-1]) for piece in pieces])  # N,2,3
    left, chains = set(range(len(pieces))), []
    for start in range(len(pieces)):
        if start not in left:
            continue
        left.discard(start)
        chain = pieces[start]
        for _ in range(2):  # onwards from the last point, then from the first
            while (found := _next(chain[-1], ends, left)) is not None:
                number, end = found
                left.discard(number)
                chain = np.concatenate([chain, pieces[number][:: -1 if end else 1]])
            chain = chain[::-1]
        chains.append(chain)
    return chains


def _next(point: np.ndarray, ends: np.ndarray, left: set[int]) -> tuple[int, int] | None:
    """Return the piece that begins where another ends, and which of its ends that is."""
    near = np.linalg.norm(ends - point, axis=2) < JOINED_M
    return next(
        ((int(i), int(end)) for i, end in zip(*np.nonzero(near), strict=True) if int(i) in left), None
    )


def _stationed(chain: np.ndarray) -> np.ndarray:
    """Return a line with points about 2 m apart."""
    steps = np.linalg.norm(np.diff(chain, axis=0), axis=1)
    arc = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.linspace(0.0, arc[-1], max(2, round(arc[-1] / STEP_M) + 1))
    return np.stack([np.interp(at, arc, chain[:, axis]) for axis in range(3)], axis=1)


def _closed(chain: np.ndarray) -> np.ndarray:
    if np.linalg.norm(chain[0] - chain[-1]) < JOINED_M:
        return chain[:-1]
    ahead = np.gradient(chain, axis=0)
    ahead /= np.maximum(np.linalg.norm(ahead[:, :2], axis=1, keepdims=True), 1e-9)
    right = BESIDE_M * np.column_stack([-ahead[:, 1], ahead[:, 0], np.zeros(len(chain))])
    return np.concatenate([chain + right, (chain - right)[::-1]])
