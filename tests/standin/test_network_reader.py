"""Maps' texts → streets, held against the official client's own reading of the same text."""

import os
from pathlib import Path

import carla
import numpy as np
import pytest

from carla_bridge.standin.cities.city_text import city_opendrive
from carla_bridge.standin.errors import MapError
from carla_bridge.standin.roads.network_reader import read_network
from carla_bridge.standin.roads.occupancy import Occupancy
from carla_bridge.standin.roads.xodr import read_xodr

MAPS = Path(os.environ.get("CARLA_BRIDGE_DATA", "none")) / "carla" / "maps"
FILES = sorted(MAPS.glob("Town0[13].xodr"))
TINY_M = 0.011
EAST_M = np.array([1.0, 0.0])
LANE_TYPES = {"driving": "Driving", "sidewalk": "Sidewalk", "shoulder": "Shoulder", "parking": "Parking"}


def head(text):
    return f'<OpenDRIVE><header revMajor="1" revMinor="4"/>{text}</OpenDRIVE>'


def road(geometry, *, length=20.0, lanes="", more="", number=1):
    return f"""<road id="{number}" junction="-1" length="{length}"><planView>{geometry}</planView>
    <lanes><laneSection s="0"><center><lane id="0" type="none"/></center><right>
    <lane id="-1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/>{lanes}</lane></right>
    </laneSection></lanes>{more}</road>"""


def piece(shape, *, length=20.0):
    return f'<geometry s="0" x="5" y="7" hdg="0.4" length="{length}">{shape}</geometry>'


STRAIGHT = piece("<line/>")


@pytest.fixture(scope="module", params=["seed", *FILES], ids=lambda each: getattr(each, "stem", each))
def both(request):
    """Return our network, our records and the client's map of one text."""
    text = city_opendrive(1) if request.param == "seed" else request.param.read_text()
    return read_network("t", text), read_xodr(text), carla.Map("t", text)


def stations(records, lane, count, rng):
    """Yield positions in a lane's points, with the distance along the road of each."""
    section = records.roads[lane.road].sections[lane.section]
    for k in rng.integers(0, len(lane.points), count):
        share = k / (len(lane.points) - 1)
        s = section.s + (section.end_s - section.s) * (share if lane.lane < 0 else 1.0 - share)
        yield k, float(np.clip(s, section.s + 1e-3, section.end_s - 1e-3))


def test_lanes_lie_where_the_client_sees_them(both):
    network, records, carla_map = both
    rng = np.random.default_rng(0)
    checked = 0
    for lane in network.lanes[::2]:
        section = records.roads[lane.road].sections[lane.section]
        if section.end_s - section.s < 0.3:
            continue
        for k, s in stations(records, lane, 2, rng):
            waypoint = carla_map.get_waypoint_xodr(lane.road, lane.lane, s)
            there = waypoint.transform.location
            assert np.linalg.norm(lane.points[k] - (there.x, there.y, there.z)) < 0.01
            assert waypoint.lane_type == carla.LaneType.Driving
            assert waypoint.is_junction == lane.in_junction
            assert waypoint.section_id == lane.section
            checked += 1
    assert checked > 50


def test_lanes_lead_where_the_client_goes(both):
    """The client steps over sections shorter than its step, so those are stepped over here as well."""
    network, records, carla_map = both

    def key(lane):
        return lane.road, lane.section, lane.lane

    def reached(lane, way_m=TINY_M - 1e-3):
        for number in lane.successors:
            onto = network.lanes[number]
            length_m = np.linalg.norm(np.diff(onto.points, axis=0), axis=1).sum()
            if length_m < way_m:
                yield from reached(onto, way_m - length_m)
            else:
                yield key(onto)

    checked = 0
    for lane in network.lanes[:: max(1, len(network.lanes) // 300)]:
        section = records.roads[lane.road].sections[lane.section]
        if section.end_s - section.s < 0.1:
            continue
        s = section.end_s - 1e-3 if lane.lane < 0 else section.s + 1e-3
        onward = carla_map.get_waypoint_xodr(lane.road, lane.lane, s).next(TINY_M)
        theirs = {
            (w.road_id, w.section_id, w.lane_id) for w in onward if w.lane_type == carla.LaneType.Driving
        }
        assert set(reached(lane)) == theirs, key(lane)
        checked += 1
    assert checked > 50


def test_bands_have_the_clients_widths_and_kinds(both):
    network, records, carla_map = both
    for strip in network.strips[::5]:
        section = records.roads[strip.road].sections[strip.section]
        if strip.kind not in LANE_TYPES or section.end_s - section.s < 0.3:
            continue
        waypoint = carla_map.get_waypoint_xodr(strip.road, strip.lane, section.s + 1e-3)
        assert waypoint.lane_type == getattr(carla.LaneType, LANE_TYPES[strip.kind])
        assert np.linalg.norm(strip.outer[0] - strip.inner[0]) == pytest.approx(waypoint.lane_width, abs=0.01)


def test_verges_have_free_ground_on_their_right_and_a_street_on_their_left(both):
    network, _, _ = both
    occupancy = Occupancy(network)
    assert sum(len(verge.line) for verge in network.verges) > 300
    ahead = np.array([verge.line[1] - verge.line[0] for verge in network.verges])[:, :2]
    right = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) / np.linalg.norm(ahead, axis=1, keepdims=True)
    middle = np.array([verge.line[:2, :2].mean(axis=0) for verge in network.verges])
    straight = np.array([verge.junction == -1 for verge in network.verges])
    assert occupancy.taken_at(middle - 0.4 * right)[straight].mean() > 0.99
    assert occupancy.taken_at(middle + 0.8 * right)[straight].mean() < 0.02
    assert occupancy.taken_at(middle - 0.4 * right).mean() > 0.85
    assert occupancy.taken_at(middle + 0.8 * right).mean() < 0.1


def test_neighbours_are_those_of_the_client():
    lanes = "".join(
        f'</lane><lane id="{-i}" type="driving"><width sOffset="0" a="3" b="0" c="0" d="0"/>' for i in (2, 3)
    )
    network = read_network("t", head(road(STRAIGHT, lanes=lanes)))
    assert [(lane.lane, lane.left, lane.right) for lane in network.lanes] == [
        (-1, None, 1), (-2, 0, 2), (-3, 1, None),
    ]  # fmt: skip
    assert [lane.width_m for lane in network.lanes] == pytest.approx([3.5, 3.0, 3.0])


SHAPES = {
    "line": "<line/>",
    "arc": '<arc curvature="0.05"/>',
    "spiral": '<spiral curvStart="0.0" curvEnd="0.08"/>',
    "poly3": '<poly3 a="0" b="0" c="0.01" d="-0.0004"/>',
    "paramPoly3": '<paramPoly3 pRange="arcLength" aU="0" bU="1" cU="0" dU="-0.00012" aV="0" bV="0" cV="0.02" dV="0"/>',
    "normalized": '<paramPoly3 pRange="normalized" aU="0" bU="20" cU="-0.5" dU="0" aV="0" bV="0" cV="4" dV="0"/>',
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_reference_line_runs_as_in_the_client(shape):
    text = head(road(piece(SHAPES[shape])))
    lane, carla_map = read_network("t", text).lanes[0], carla.Map("t", text)
    for k, s in enumerate(np.linspace(0.0, 20.0, len(lane.points))):
        there = carla_map.get_waypoint_xodr(1, -1, float(np.clip(s, 0.001, 19.99))).transform.location
        assert np.hypot(there.x - lane.points[k][0], there.y - lane.points[k][1]) < 0.05, (shape, s)


def test_hills_are_followed():
    more = '<elevationProfile><elevation s="0" a="2" b="0.1" c="-0.002" d="0"/></elevationProfile>'
    text = head(road(STRAIGHT, more=more))
    lane = read_network("t", text).lanes[0]
    s = np.linspace(0.0, 20.0, len(lane.points))
    np.testing.assert_allclose(lane.points[:, 2], 2 + 0.1 * s - 0.002 * s * s, atol=1e-5)
    there = carla.Map("t", text).get_waypoint_xodr(1, -1, 10.0).transform.location
    assert there.z == pytest.approx(float(lane.points[10][2]), abs=0.01)


def test_broken_lines_are_broken_and_double_ones_double():
    def paint(kind, more=""):
        mark = f'<roadMark sOffset="0" type="{kind}" color="yellow" width="0.2">{more}</roadMark>'
        return read_network("t", head(road(STRAIGHT, lanes=mark))).paint

    (solid,) = paint("solid")
    assert solid.yellow
    assert np.linalg.norm(solid.left[-1] - solid.left[0]) == pytest.approx(20.0, abs=1e-4)
    assert np.linalg.norm(solid.left[0] - solid.right[0]) == pytest.approx(0.2)
    dashes = paint("broken")
    lengths = [np.linalg.norm(dash.left[-1] - dash.left[0]) for dash in dashes]
    assert len(dashes) == 3
    assert max(lengths) == pytest.approx(3.0)
    assert len(paint("solid solid")) == 2
    assert len(paint("solid broken")) == 4
    assert (
        len(paint("broken", '<type name="x"><line length="1" space="1" tOffset="0" sOffset="0"/></type>'))
        == 10
    )
    assert paint("none") == ()


OBJECT = """<objects><object id="7" type="crosswalk" s="10" t="-1" zOffset="0" hdg="0.3"><outline>
<cornerLocal u="-1" v="-4" z="0"/><cornerLocal u="1" v="-4" z="0"/><cornerLocal u="1" v="4" z="0"/>
<cornerLocal u="-1" v="4" z="0"/><cornerLocal u="-1" v="-4" z="0"/></outline></object></objects>"""


def test_crosswalks_are_where_the_client_finds_them():
    text = head(road(STRAIGHT, more=OBJECT))
    (ours,) = read_network("t", text).crosswalks
    theirs = np.array([(p.x, p.y, p.z) for p in carla.Map("t", text).get_crosswalks()])
    np.testing.assert_allclose(ours, theirs, atol=0.01)


def signal(name, kind, orientation, validity=""):
    return f"""<signal id="{name}" name="n" s="18" t="-6" orientation="{orientation}" dynamic="yes" zOffset="0.5"
    country="OpenDRIVE" type="{kind}" subtype="-1" value="30" height="1" width="1" hOffset="0">{validity}</signal>"""


def test_signals_stand_where_the_client_finds_them_and_govern_their_lanes():
    oncoming = (
        '</lane></right><left><lane id="1" type="driving"><width sOffset="0" a="3" b="0" c="0" d="0"/></lane>'
    )
    lanes = (
        oncoming + '</left><right><lane id="-2" type="driving"><width sOffset="0" a="3" b="0" c="0" d="0"/>'
    )
    signs = signal("11", "1000001", "+") + signal("12", "274", "-")
    signs += signal("13", "206", "+", '<validity fromLane="-2" toLane="-2"/>')
    text = head(
        road(STRAIGHT, lanes=lanes, more=f"<signals>{signs}</signals>")
        + '<controller id="5" name="c" sequence="0"><control signalId="11" type="0"/></controller>'
        + '<junction id="9" name="j"><controller id="5" type="0" sequence="0"/></junction>'
    )
    network = read_network("t", text)
    light, limit, stop = network.signals
    theirs = {each.id: each for each in carla.Map("t", text).get_all_landmarks()}
    for ours in network.signals:
        there = theirs[ours.id].transform.location
        assert np.hypot(there.x - ours.pose.x, there.y - ours.pose.y) < 0.3  # the client moves it by 0.25 m
        assert theirs[ours.id].type == ours.kind
    assert light.is_traffic_light
    assert (light.controller, light.junction, network.controllers, network.junctions) == (
        "5", 9, {"5": (0,)}, {9: ("5",)},
    )  # fmt: skip
    assert [[network.lanes[s.lane].lane for s in each.stops] for each in network.signals] == [
        [-2, -1],
        [1],
        [-2],
    ]
    assert [light.stops[0].point, limit.stops[0].point] == [18, 2]
    assert limit.value == 30.0
    governed = network.lanes[light.stops[0].lane].points
    ahead = governed[1] - governed[0]
    facing = np.radians(light.pose.yaw)
    assert ahead @ (np.cos(facing), np.sin(facing), 0.0) < -0.9
    assert stop.junction == -1


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><OpenDRIVE>&b;</OpenDRIVE>'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no XML"),
        ("no map at all", "is no XML"),
        ("<OpenDRIVE>\0</OpenDRIVE>", "is no XML"),
        ("\ud800", "is no XML"),
        (BOMB, "DOCTYPE"),
        ("<html/>", "root is <html>"),
        (head(""), "no roads"),
        (head(road("")), "no geometry"),
        (head(road(piece("<helix/>"))), "has no shape"),
        (head(road(STRAIGHT, length="nan")), "length='nan'"),
        (head(road(STRAIGHT, length="-1")), "more than 0"),
        (head(road(STRAIGHT, length="9e5")), "longer than 100 km"),
        (head(road(STRAIGHT) + road(STRAIGHT.replace('x="5"', 'x="9e4"'), number=2)), "90 km wide"),
        (head(road(STRAIGHT).replace('a="3.5"', 'a="9e4"')), "km wide"),
        (head(road(STRAIGHT.replace('x="5"', 'x="1e300"'))), "x='1e300'"),
        (head(road(STRAIGHT.replace('x="5"', "x='five'"))), "x='five'"),
        (head(road(STRAIGHT).replace('type="driving"', 'type="none"')), "no driving lane"),
    ],
)
def test_what_is_no_map_is_refused_in_one_sentence(text, message):
    with pytest.raises(MapError, match=message) as error:
        read_network("t", text)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 250


def test_free_ground_is_given_once_and_never_on_a_street():
    network = read_network("t", head(road(piece("<line/>").replace('hdg="0.4"', 'hdg="0"'))))
    occupancy = Occupancy(network)
    house = np.array([(8.0, 0.0), (18.0, 0.0), (18.0, 8.0), (8.0, 8.0)]) - (0.0, 3.3)
    assert not occupancy.is_free(house - (0.0, 6.0))  # the street runs from y = -7 to -3.5
    assert occupancy.take(house)
    assert not occupancy.take(house)
    assert occupancy.take(house + EAST_M * 10)  # side by side
    assert not occupancy.is_free(house + EAST_M * 4000)


@pytest.mark.skipif(not FILES, reason="CARLA's maps are not there")
def test_sidewalks_go_round_corners_that_the_map_leaves_open():
    """Town01 has sidewalks along its streets only; ours join them, and nobody builds on the corner."""
    network = read_network("t", FILES[0].read_text())
    occupancy = Occupancy(network)
    kerbs = np.array([s.inner[end] for s in network.strips if s.kind == "sidewalk" for end in (0, -1)])
    assert len(network.corners) > 30
    for corner in network.corners:
        joined = [np.linalg.norm(kerbs - corner.inner[end], axis=1).min() < 1e-6 for end in (0, -1)]
        assert any(joined)
        assert occupancy.taken_at((corner.inner + corner.outer) / 2).mean() > 0.9
    behind = [verge for verge in network.verges if verge.junction != -1]
    assert np.mean([verge.walk_m > 3.0 for verge in behind]) > 0.8
