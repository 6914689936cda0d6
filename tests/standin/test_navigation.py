"""The pedestrians' navigation mesh: where one can walk from where, and the bytes the client's library reads."""

import struct
from collections import deque

import numpy as np
import pytest

from carla_bridge.standin.cities.city_text import city_opendrive
from carla_bridge.standin.footways.nav_file import Area, nav_file
from carla_bridge.standin.footways.nav_mesh import nav_mesh
from carla_bridge.standin.navigation import Navigation
from carla_bridge.standin.roads.network import NO_JUNCTION, Network, Strip
from carla_bridge.standin.roads.network_reader import read_network

HEADER_BYTES = 100
SET_BYTES = 48


def sidewalk(road, start, end, *, side):
    """A sidewalk of three metres along the x axis, four metres to one side of it."""
    x = np.linspace(start, end, 30)
    inner, outer = (np.stack([x, np.full(30, side * y), np.full(30, 0.15)], axis=-1) for y in (4.0, 7.0))
    return Strip(road, 0, int(side), "sidewalk", NO_JUNCTION, inner, outer)


def network_of(*strips, crosswalks=()):
    return Network("n", "", strips, (), (), tuple(crosswalks), (), ())


@pytest.fixture(scope="module")
def street():
    """Two sidewalks in two pieces each, and a crosswalk between the first pieces."""
    strips = [sidewalk(i, *x, side=side) for i, x in enumerate([(0, 40), (40, 90)]) for side in (1.0, -1.0)]
    crosswalk = np.array([(18.0, -3.5, 0.0), (21.0, -3.5, 0.0), (21.0, 3.5, 0.0), (18.0, 3.5, 0.0)])
    return network_of(*strips, crosswalks=[crosswalk])


def reached(mesh, start):
    """Return the positions of the polygons that one gets to over shared edges."""
    owners = {}
    for number, polygon in enumerate(mesh.polygons):
        for edge in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
            owners.setdefault(frozenset(edge), []).append(number)
    seen, todo = {start}, deque([start])
    while todo:
        here = todo.popleft()
        for numbers in (numbers for numbers in owners.values() if here in numbers):
            todo.extend(set(numbers) - seen)
            seen |= set(numbers)
    return seen


def test_one_gets_over_the_crosswalk_and_along_all_pieces_of_the_sidewalks(street):
    mesh = nav_mesh(street)
    assert mesh.areas.count(Area.CROSSWALK) == 1
    assert reached(mesh, 0) == set(range(len(mesh.polygons)))


def test_without_the_crosswalk_the_other_side_is_out_of_reach(street):
    mesh = nav_mesh(network_of(*street.strips, crosswalks=[street.crosswalks[0] + (0.0, 500.0, 0.0)]))
    sides = {np.sign(mesh.vertices[list(mesh.polygons[number]), 1]).mean() for number in reached(mesh, 0)}
    assert len(sides) == 1


def test_on_a_map_without_crosswalks_one_crosses_near_the_ends_of_roads():
    sides = [sidewalk(3, 0, 40, side=side) for side in (1.0, -1.0)]
    mesh = nav_mesh(network_of(*sides))
    crossings = [
        mesh.vertices[list(p)] for p, a in zip(mesh.polygons, mesh.areas, strict=True) if a == Area.CROSSWALK
    ]
    assert sorted(corners[:, 0].mean() for corners in crossings) == pytest.approx([4.0, 36.0], abs=0.5)
    assert reached(mesh, 0) == set(range(len(mesh.polygons)))


def test_the_mesh_keeps_off_the_kerb_and_at_the_sidewalks_height(street):
    vertices = nav_mesh(street).vertices
    assert np.abs(vertices[:, 1]).min() == pytest.approx(4.25)
    assert np.abs(vertices[:, 1]).max() == pytest.approx(6.75)
    assert vertices[:, 2] == pytest.approx(0.15)


def test_in_a_seeded_city_everybody_gets_everywhere():
    network = read_network("city", city_opendrive(0))
    mesh = nav_mesh(network)
    assert mesh.areas.count(Area.CROSSWALK) == len(network.crosswalks)
    assert reached(mesh, 0) == set(range(len(mesh.polygons)))


def test_the_file_is_one_tile_with_all_that_its_header_counts(street):
    mesh = nav_mesh(street)
    content = nav_file(mesh)
    assert content[:4] == b"TESM"
    assert struct.unpack_from("<ii", content, 4) == (1, 1)  # version, tiles
    reference, size = struct.unpack_from("<Ii", content, SET_BYTES - 8)
    assert reference > 0
    assert len(content) == SET_BYTES + size
    tile = content[SET_BYTES:]
    assert tile[:4] == b"VAND"
    polygons, vertices, links, details, _, triangles, nodes = struct.unpack_from("<7i", tile, 24)
    assert (polygons, vertices) == (len(mesh.polygons), len(mesh.vertices))
    assert (
        size
        == HEADER_BYTES + 12 * vertices + 32 * polygons + 12 * (links + details) + 4 * triangles + 16 * nodes
    )


def test_neighbours_are_mutual_and_areas_positive_as_detour_counts(street):
    mesh = nav_mesh(street)
    tile = nav_file(mesh)[SET_BYTES:]
    vertices = np.frombuffer(tile, "<f4", 3 * len(mesh.vertices), HEADER_BYTES).reshape(-1, 3)
    start = HEADER_BYTES + 12 * len(vertices)
    rows = [struct.unpack_from("<I6H6HHBB", tile, start + 32 * i) for i in range(len(mesh.polygons))]
    for number, row in enumerate(rows, start=1):
        corners, count = row[1:7], row[14]
        a, b, c = vertices[list(corners[:3])].astype(np.float64)
        assert (c - a)[0] * (b - a)[2] - (b - a)[0] * (c - a)[2] > 0.0
        for neighbour in filter(None, row[7 : 7 + count]):
            assert number in rows[neighbour - 1][7:13]


def test_where_nobody_can_walk_there_is_no_file():
    assert nav_file(nav_mesh(network_of())) == b""


def test_a_mesh_that_no_tile_can_hold_leaves_a_world_without_navigation(
    street, monkeypatch, tmp_path, caplog
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("carla_bridge.standin.footways.nav_file.MAX_POLYGONS", 3)
    assert Navigation().file(street) is None
    assert "are more than the 3 of a navigation tile" in caplog.text
