"""Scenery that is kept: the same again, built anew if it cannot be read, and no trouble if it cannot be kept."""

import numpy as np
import pytest

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.rendering.ray import build
from carla_bridge.standin.rendering.shapes import Builder, box
from carla_bridge.standin.roads.network import Network
from carla_bridge.standin.streetscape import scenery_store
from carla_bridge.standin.streetscape.scenery_store import (
    KEPT,
    folder,
    furnish_once,
    navigation_once,
    tree_once,
)
from carla_bridge.standin.streetscape.things import Scenery, Thing

NETWORK = Network("t", "<OpenDRIVE/>", (), (), (), (), (), ())


@pytest.fixture
def built(monkeypatch, tmp_path):
    """Keep in a folder of the test's own; return the seeds that were built."""
    seeds = []

    def furnish(network, seed):
        seeds.append(seed)
        builder = Builder()
        builder.add(box((0, 0, 0), (1, 2, seed + 1)), 3, (1, 2, 3), 0x8000)
        return Scenery(builder.mesh(), (Thing(0x8000, 3, "Buildings", "house", Pose(1.0, yaw=seed)),))

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(scenery_store, "furnish", furnish)
    return seeds


def test_what_was_built_once_is_there_again(built):
    first, again = furnish_once(NETWORK, 5), furnish_once(NETWORK, 5)
    assert built == [5]
    assert first.things == again.things
    assert again.mesh.levels is None
    for name in ("triangles", "tags", "colors_rgb", "object_ids"):
        one, other = getattr(first.mesh, name), getattr(again.mesh, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_another_seed_or_map_is_built(built):
    furnish_once(NETWORK, 5)
    furnish_once(NETWORK, 6)
    furnish_once(Network("t", "<OpenDRIVE></OpenDRIVE>", (), (), (), (), (), ()), 6)
    assert built == [5, 6, 6]


@pytest.mark.parametrize("damage", [b"", b"PK\3\4 no more", b"\x93NUMPY"])
def test_a_damaged_file_is_built_anew(built, damage):
    furnish_once(NETWORK, 5)
    (file,) = folder().glob("*.npz")
    file.write_bytes(damage)
    furnish_once(NETWORK, 5)
    furnish_once(NETWORK, 5)
    assert built == [5, 5]


def test_where_nothing_can_be_kept_it_is_built_each_time(built, tmp_path):
    (tmp_path / "carla-bridge").write_text("in the way")
    furnish_once(NETWORK, 5)
    furnish_once(NETWORK, 5)
    assert built == [5, 5]


def test_only_so_many_are_kept(built):
    for seed in range(KEPT + 3):
        furnish_once(NETWORK, seed)
    assert len(list(folder().iterdir())) == KEPT


def test_a_navigation_mesh_is_made_once_and_again_if_its_file_is_damaged(monkeypatch, tmp_path):
    made = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(scenery_store, "nav_mesh", lambda network: made.append(network) or network)
    monkeypatch.setattr(scenery_store, "nav_file", lambda mesh: b"a mesh" * 99)
    assert navigation_once(NETWORK) == navigation_once(NETWORK) == b"a mesh" * 99
    assert len(made) == 1
    (file,) = folder().glob("*.nav")
    file.write_bytes(file.read_bytes()[:-3])
    assert navigation_once(NETWORK) == navigation_once(NETWORK) == b"a mesh" * 99
    assert len(made) == 2


def test_a_tree_for_rays_is_grown_once_per_scenery_and_again_if_its_file_is_damaged(monkeypatch, tmp_path):
    grown = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(
        scenery_store, "build", lambda triangles: grown.append(len(triangles)) or build(triangles)
    )
    triangles = np.random.default_rng(0).normal(size=(50, 3, 3))
    for first, again in zip(tree_once(triangles), tree_once(triangles), strict=True):
        assert first.dtype == again.dtype
        np.testing.assert_array_equal(first, again)
    tree_once(triangles[:20])
    assert grown == [50, 20]
    for file in folder().glob("*.tree"):
        file.write_bytes(file.read_bytes()[:-30])
    tree_once(triangles)
    tree_once(triangles)
    assert grown == [50, 20, 50]
