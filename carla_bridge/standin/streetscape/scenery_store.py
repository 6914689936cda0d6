"""What was built once, kept in the user's cache: a town is there at once when it is loaded again.

What is kept belongs to a map's text, a seed and the very source of this package; whatever cannot be read is built anew.
"""

import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import IO

import numpy as np

from carla_bridge.standin.footways.nav_file import nav_file
from carla_bridge.standin.footways.nav_mesh import nav_mesh
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.rendering.mesh import Mesh
from carla_bridge.standin.rendering.ray import build
from carla_bridge.standin.roads.network import Network
from carla_bridge.standin.streetscape.things import Scenery, Thing
from carla_bridge.standin.streetscape.town import furnish

KEPT = 12  # towns; the one that was used longest ago goes
ABANDONED_S = 3600.0
UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
Tree = tuple[np.ndarray, np.ndarray, np.ndarray]


def furnish_once(network: Network, seed: int) -> Scenery:
    """Return the scenery of a network, from the cache if it was built before."""
    path = folder() / f"{_key(network, str(seed))}.npz"
    try:
        scenery = _load(path)
        path.touch()
    except UNREADABLE:
        scenery = furnish(network, seed)
        with suppress(OSError):  # a full or read-only disk costs time, nothing else
            _keep(path, lambda file: _save(file, scenery))
    return scenery


def navigation_once(network: Network) -> bytes:
    """Return the file of a network's navigation mesh, from the cache if it was made before; empty without sidewalks."""
    path = folder() / f"{_key(network)}.nav"
    try:
        content = zlib.decompress(path.read_bytes())
        path.touch()
    except (OSError, zlib.error):
        content = nav_file(nav_mesh(network))
        with suppress(OSError):
            _keep(path, lambda file: file.write(zlib.compress(content, 1)))
    return content


def tree_once(triangles: np.ndarray) -> Tree:
    """Return the tree over triangles that rays are cast in, from the cache if it was grown before."""
    digest = sha256(np.ascontiguousarray(triangles).data).hexdigest()
    path = folder() / f"{sha256((digest + _source()).encode()).hexdigest()[:32]}.tree"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            tree = kept["boxes"], kept["links"], kept["order"]
        path.touch()
    except UNREADABLE:
        tree = boxes, links, order = build(triangles)
        with suppress(OSError):
            _keep(path, lambda file: np.savez_compressed(file, boxes=boxes, links=links, order=order))
    return tree


def folder() -> Path:
    """Return where scenery is kept."""
    base = (
        os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME") or tempfile.gettempdir()) / ".cache"
    )
    return Path(base) / "carla-bridge" / "towns"


def _key(network: Network, *more: str) -> str:
    parts = (network.opendrive, *more, _source())
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


@cache
def _source() -> str:
    """Return a digest of all source that a scenery may depend on."""
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    return sha256(b"".join(file.read_bytes() for file in files) + np.__version__.encode()).hexdigest()


def _load(path: Path) -> Scenery:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
        levels = kept["levels"]
        mesh = Mesh(
            kept["triangles"],
            kept["tags"],
            kept["colors_rgb"],
            kept["object_ids"],
            levels if len(levels) else None,
        )
        words, poses = kept["words"], kept["poses"].tolist()
        numbers = kept["numbers"].tolist()
    things = tuple(
        Thing(number, tag, layer, name, Pose(*pose))
        for (number, tag), (layer, name), pose in zip(numbers, words.tolist(), poses, strict=True)
    )
    return Scenery(mesh, things)


def _save(file: IO[bytes], scenery: Scenery) -> None:
    mesh, things = scenery.mesh, scenery.things
    np.savez_compressed(
        file,
        triangles=mesh.triangles,
        tags=mesh.tags,
        colors_rgb=mesh.colors_rgb,
        object_ids=mesh.object_ids,
        levels=np.zeros(0, np.uint8) if mesh.levels is None else mesh.levels,
        numbers=np.array([(thing.number, thing.tag) for thing in things], np.int64).reshape(-1, 2),
        words=np.array([(thing.layer, thing.name) for thing in things], np.str_).reshape(-1, 2),
        poses=np.array([astuple(thing.pose) for thing in things], np.float64).reshape(-1, 6),
    )


def _keep(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file that is whole as soon as it has its name, and make room for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        try:
            write(file)
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    for left in path.parent.glob("*.part"):  # of processes that were killed while they wrote
        with suppress(OSError):
            if path.stat().st_mtime - left.stat().st_mtime > ABANDONED_S:
                left.unlink()
    kept = sorted(path.parent.glob(f"*{path.suffix}"), key=lambda each: each.stat().st_mtime)
    for old in kept[:-KEPT]:
        old.unlink(missing_ok=True)
