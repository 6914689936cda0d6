"""The ground of towns: what lies over what, and how the land follows the roads."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from carla_bridge.standin import tags
from carla_bridge.standin.cities.city_text import city_opendrive
from carla_bridge.standin.rendering.shapes import Builder
from carla_bridge.standin.roads.junction_ground import ears
from carla_bridge.standin.roads.network import Network
from carla_bridge.standin.roads.network_reader import read_network
from carla_bridge.standin.streetscape.ground import build_ground
from carla_bridge.standin.streetscape.markings import add_markings
from carla_bridge.standin.streetscape.terrain import BELOW_M, Terrain

TOWN03 = Path(os.environ.get("CARLA_BRIDGE_DATA", "none")) / "carla" / "maps" / "Town03.xodr"
TEXTS = {"1": lambda: city_opendrive(1), "hills": lambda: city_opendrive(9), "Town03": TOWN03.read_text}


@cache
def ground_of(name):
    if name == "Town03" and not TOWN03.exists():
        pytest.skip("CARLA's maps are not there")
    network = read_network("t", TEXTS[name]())
    terrain = Terrain(network)
    return network, terrain, build_ground(network, terrain)


def heights_over(mesh, tag, points):
    """Return for each point (N,3) the heights of the triangles of a tag above or below it."""
    triangles = mesh.triangles[mesh.tags == tag].astype(np.float64)
    low, high = triangles.min(axis=1), triangles.max(axis=1)
    for p in points:
        near = triangles[((low[:, :2] <= p[:2]) & (p[:2] <= high[:, :2])).all(axis=1)]
        a, b, c = near.transpose(1, 0, 2)
        d = (b[:, 1] - c[:, 1]) * (a[:, 0] - c[:, 0]) + (c[:, 0] - b[:, 0]) * (a[:, 1] - c[:, 1])
        flat = np.abs(d) > 1e-9
        a, b, c, d = a[flat], b[flat], c[flat], d[flat]
        u = ((b[:, 1] - c[:, 1]) * (p[0] - c[:, 0]) + (c[:, 0] - b[:, 0]) * (p[1] - c[:, 1])) / d
        v = ((c[:, 1] - a[:, 1]) * (p[0] - c[:, 0]) + (a[:, 0] - c[:, 0]) * (p[1] - c[:, 1])) / d
        inside = (u > -1e-6) & (v > -1e-6) & (u + v < 1 + 1e-6)
        yield (u * a[:, 2] + v * b[:, 2] + (1 - u - v) * c[:, 2])[inside]


@pytest.mark.parametrize("name", TEXTS)
def test_lanes_are_paved_and_nothing_lies_over_them(name):
    """A sidewalk of one way through a junction once lay over another way."""
    network, _, mesh = ground_of(name)
    rng = np.random.default_rng(0)
    lanes = [network.lanes[i] for i in rng.integers(0, len(network.lanes), 100)]
    points = np.array([lane.points[rng.integers(len(lane.points))] for lane in lanes if lane.width_m > 2.5])
    over = {tag: list(heights_over(mesh, tag, points)) for tag in (tags.ROADS, tags.SIDEWALKS, tags.TERRAIN)}
    paved = [np.abs(z - p[2]).min(initial=9.0) < 0.05 for z, p in zip(over[tags.ROADS], points, strict=True)]
    assert np.mean(paved) > 0.975
    for tag in (tags.SIDEWALKS, tags.TERRAIN):
        hidden = [
            ((z > p[2] + 0.01) & (z < p[2] + 2.5)).any() for z, p in zip(over[tag], points, strict=True)
        ]
        assert np.mean(hidden) < 0.015, tag


@pytest.mark.parametrize("name", TEXTS)
def test_the_land_lies_just_below_the_roads(name):
    network, terrain, _ = ground_of(name)
    points = np.concatenate([strip.outer for strip in network.strips if strip.kind != "none"])
    depth = points[:, 2] - terrain(points)
    assert depth.min() > BELOW_M - 0.05
    assert np.median(depth) < 0.5


def test_land_is_level_between_its_nodes_and_the_same_by_every_call():
    _, terrain, mesh = ground_of("hills")
    land = mesh.triangles[mesh.tags == tags.TERRAIN]
    middles = land[::7].mean(axis=1).astype(np.float64)
    middles = middles[np.abs(middles[:, :2]).max(axis=1) < 200.0]
    apart = np.abs(terrain(middles) - middles[:, 2])
    assert np.median(apart) < 0.01
    assert terrain.z(*middles[0, :2]) == terrain(middles[:1])[0]


def test_sidewalks_are_a_kerb_higher_than_the_road():
    network, _, mesh = ground_of("1")
    walks = [s for s in network.strips if s.kind == "sidewalk" and s.junction == -1][::7]
    points = np.array([(strip.inner[0] + strip.outer[1]) / 2 for strip in walks])
    for z, p in zip(heights_over(mesh, tags.SIDEWALKS, points), points, strict=True):
        assert z.max() == pytest.approx(p[2] + 0.15, abs=0.02)


def test_the_seeds_ground_is_drawn_with_few_triangles():
    _, _, mesh = ground_of("1")
    assert len(mesh) < 45_000


def test_any_simple_polygon_is_cut_into_triangles():
    star = np.array([(0, 0), (4, 1), (8, 0), (5, 4), (8, 8), (4, 5), (0, 8), (3, 4)], np.float64)
    for outline in (star, star[::-1]):
        a, b, c = outline[ears(outline)].transpose(1, 0, 2)
        areas = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
        x, y = outline.T
        whole = abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2
        assert len(areas) == len(outline) - 2
        assert np.abs(areas).sum() == pytest.approx(whole)


@pytest.mark.parametrize("turn", range(8))
def test_zebra_bars_lie_side_by_side_across_the_road(turn):
    """Where the outline began decided once whether the bars ran along the road or across it."""
    corners = np.array([(0, 0, 1), (3.5, 0, 1), (3.5, 8, 1), (0, 8, 1)], np.float64)
    outline = np.roll(corners, turn, axis=0)[:: -1 if turn > 3 else 1]
    builder = Builder()
    add_markings(builder, Network("t", "", (), (), (), (np.concatenate([outline, outline[:1]]),), (), ()))
    bars = builder.mesh().triangles.reshape(-1, 6, 3)
    assert len(bars) == 8
    np.testing.assert_allclose(np.ptp(bars, axis=1), [(3.5, 0.5, 0.0)] * 8, atol=0.01)
