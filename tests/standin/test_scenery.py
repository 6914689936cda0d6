"""What stands beside the streets: real sizes and silhouettes, all on its ground, nothing in another's place."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.rendering.render import Renderer
from carla_bridge.standin.streetscape import enclosures, furniture, signposts
from carla_bridge.standin.streetscape.buildings import build_house, draw_house, draw_row
from carla_bridge.standin.streetscape.plants import SPECIES, grow
from carla_bridge.standin.streetscape.rows import KINDS
from carla_bridge.standin.streetscape.signposts import SHAPE_BY_KIND
from carla_bridge.standin.streetscape.terrain import Terrain
from carla_bridge.standin.streetscape.things import FIRST_OBJECT_ID, LAST_OBJECT_ID
from carla_bridge.standin.streetscape.town import town_from_opendrive

MAPS = Path(os.environ.get("CARLA_BRIDGE_DATA", "none")) / "carla" / "maps"
BUILDINGS, POLES, LIGHTS, SIGNS, VEGETATION, SKY = 3, 6, 7, 8, 9, 11
LAYERS = {"Buildings", "Foliage", "Props", "StreetLights", "Walls", "ParkedVehicles"}


def _size(mesh, tag=None):
    points = mesh.near().triangles[(mesh.near().tags == tag) if tag else slice(None)].reshape(-1, 3)
    return np.ptp(points, axis=0), points.min(axis=0)


@pytest.mark.parametrize("name", [*SPECIES, "conifer", "bush"])
@pytest.mark.parametrize("seed", range(3))
def test_a_crown_is_ragged_and_lets_the_sky_through(name, seed):
    """A ball fills 79 % of the square around it and has no hole."""
    tree = grow(name, np.random.default_rng(seed))
    assert len(tree.near()) <= 150
    assert set(tree.tags.tolist()) == {VEGETATION}
    (_, wide, tall), (_, left, foot) = _size(tree)
    eye = Pose(x=-3.0 * tall, y=float(left + wide / 2), z=float(foot + tall / 2))
    seen = Renderer(tree.near()).render(eye, width=240, height=240, fov_deg=30.0).tags() == VEGETATION
    rows, columns = np.nonzero(seen)
    within = seen[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert 0.12 < within.mean() < 0.7
    changes = np.abs(np.diff(within.astype(int), axis=1)).sum(axis=1)
    assert changes.max() >= 4  # some row goes in and out of leaves more than once


def test_far_away_a_tree_is_a_third_and_still_a_tree():
    tree = grow("broad", np.random.default_rng(0))
    far = tree.select(tree.levels != 1)
    assert len(far) < len(tree.near()) / 3
    assert np.allclose(np.ptp(far.triangles.reshape(-1, 3), axis=0)[2], _size(tree)[0][2], rtol=0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_houses_of_a_row_differ_in_their_roof_lines(kind):
    rng = np.random.default_rng(3)
    row = draw_row(rng, kind)
    houses = [draw_house(rng, row) for _ in range(12)]
    meshes = [build_house(house, rng) for house in houses]
    assert all(set(mesh.tags.tolist()) == {BUILDINGS} for mesh in meshes)
    tops = {round(float(mesh.triangles[..., 2].max()), 1) for mesh in meshes}
    assert len(tops) >= 6
    assert max(len(mesh) for mesh in meshes) < 700
    for mesh in meshes:
        assert mesh.triangles[..., 1].min() > -1.6  # balconies and awnings stay over the sidewalk
        assert 4.0 < mesh.triangles[..., 2].max() < 60.0


def test_signs_lights_and_lamps_have_their_real_sizes():
    for shape in signposts.SIGN_SHAPES:
        size, low = _size(signposts.sign(shape), SIGNS)
        assert 0.55 <= max(size[1:]) <= 0.95
        assert 2.1 <= low[2] <= 2.5
        assert size[0] < 0.1
    size, low = _size(signposts.traffic_light(arm=0.0, walkers=False), LIGHTS)
    assert 0.3 <= size[1] <= 0.6
    assert 0.9 <= size[2] <= 1.3
    assert low[2] > 2.1
    _, over_road = _size(signposts.traffic_light(arm=5.0, walkers=False), POLES)
    assert over_road[1] > -0.2  # the arm reaches to +y only, where the road is
    assert 6.0 < _size(signposts.lamp(8.0, 1.6))[0][2] < 9.2
    assert 2.3 < _size(furniture.shelter())[0][2] < 2.8


def test_signs_and_lights_face_the_traffic():
    """Plates and lenses are on the +x side of their post, where the traffic comes from."""
    sign = signposts.sign("stop")
    assert sign.triangles[sign.tags == SIGNS][..., 0].min() > 0.0
    light = signposts.traffic_light(arm=0.0, walkers=False)
    assert light.triangles[light.tags == LIGHTS][..., 0].min() > 0.0


@pytest.mark.parametrize("make", [*{*enclosures.LOW, *enclosures.HIGH}, enclosures.guard_rail])
def test_enclosures_are_as_long_as_asked(make):
    mesh = enclosures.enclosure(make, 4.0, np.random.default_rng(0))
    (long, thick, _), low = _size(mesh)
    assert 3.5 < long < 5.6
    assert thick < 1.4
    assert low[2] < -0.2  # its foot is in the ground


def _bottoms(town):
    """The lowest and the highest z of every thing, by its position in `town.things`."""
    mesh = town.scenery.near()
    order = np.argsort(mesh.object_ids, kind="stable")
    ids, starts = np.unique(mesh.object_ids[order], return_index=True)
    z = mesh.triangles[order][..., 2]
    low = np.minimum.reduceat(z.min(axis=1), starts)
    high = np.maximum.reduceat(z.max(axis=1), starts)
    at = {int(number): i for i, number in enumerate(ids)}
    rows = [at[thing.number] for thing in town.things]
    return low[rows], high[rows]


def _stands_on_its_ground(town):
    low, high = _bottoms(town)
    places = np.array([(thing.pose.x, thing.pose.y, thing.pose.z) for thing in town.things])
    land = Terrain(town.network)(places)
    above = places[:, 2] - land
    assert above.min() > -0.05
    raised = np.array([thing.layer == "Buildings" for thing in town.things])
    assert (above[raised] < 0.5).all()
    assert (low <= places[:, 2] + 0.31).all()  # nothing floats
    assert (high > places[:, 2] + 0.3).all()  # nothing is buried


def test_everything_stands_on_its_ground(town):
    _stands_on_its_ground(town)


def test_things_and_triangles_are_numbered_alike(town):
    numbers = [thing.number for thing in town.things]
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) == set(np.unique(town.scenery.object_ids).tolist()) - {0}
    assert min(numbers) >= FIRST_OBJECT_ID
    assert max(numbers) <= LAST_OBJECT_ID
    assert {thing.layer for thing in town.things} == LAYERS


def test_every_signal_of_the_map_has_its_post(town):
    posts = {(thing.pose.x, thing.pose.y): thing.name for thing in town.things}
    for signal in town.network.signals:
        name = posts[signal.pose.x, signal.pose.y]
        assert name == ("traffic light" if signal.is_traffic_light else f"sign {SHAPE_BY_KIND[signal.kind]}")


def test_no_house_stands_in_the_park(town):
    (outline, *_) = town.network.parks
    ring = outline[:, :2].astype(np.float32)
    inside = [t for t in town.things if cv2.pointPolygonTest(ring, (t.pose.x, t.pose.y), False) > 0]
    assert sum(thing.layer == "Foliage" for thing in inside) > 10
    assert not any(thing.layer == "Buildings" for thing in inside)


def test_parked_cars_keep_apart_and_close_to_the_kerb(town):
    cars = [thing for thing in town.things if thing.layer == "ParkedVehicles"]
    assert len(cars) > 20
    mesh = town.scenery.near()
    boxes = []
    for car in cars:
        local = np.linalg.inv(car.pose.matrix())
        points = mesh.triangles[mesh.object_ids == car.number].reshape(-1, 3) @ local[:3, :3].T + local[:3, 3]
        boxes.append((points.min(axis=0), points.max(axis=0)))
    for i, one in enumerate(cars):
        for j in range(i):
            if np.hypot(one.pose.x - cars[j].pose.x, one.pose.y - cars[j].pose.y) < 15.0:
                there = np.linalg.inv(one.pose.matrix()) @ [
                    cars[j].pose.x,
                    cars[j].pose.y,
                    cars[j].pose.z,
                    1.0,
                ]
                gap = abs(there[0]) - (boxes[i][1][0] - boxes[i][0][0] + boxes[j][1][0] - boxes[j][0][0]) / 2
                assert gap > 0.2 or abs(there[1]) > 2.4


@pytest.mark.skipif(not MAPS.exists(), reason="CARLA_BRIDGE_DATA names no maps")
def test_a_town_of_carlas_is_furnished_and_stands_on_its_hills():
    """Town03 climbs: things once stood at the height of the verge of another road."""
    town = town_from_opendrive("StandIn/Maps/Town03", (MAPS / "Town03.xodr").read_text())
    assert sum(thing.layer == "Buildings" for thing in town.things) > 100
    _stands_on_its_ground(town)
