"""Maps from files and from clients: listed, loaded, drivable, and refused in one sentence when they are none."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import carla
import numpy as np
import pytest

from carla_bridge.standin.errors import MapError
from carla_bridge.standin.process import StandInProcess
from carla_bridge.standin.streetscape.atlas import Atlas
from tests.standin.awake import kept_awake

TOWN01 = Path(os.environ.get("CARLA_BRIDGE_DATA", "none")) / "carla" / "maps" / "Town01.xodr"
DRIVING = '<lane id="{}" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane>'
STRAIGHT = f"""<OpenDRIVE><header revMajor="1" revMinor="4"><geoReference>+lat_0=1.5 +lon_0=2</geoReference></header>
<road id="1" junction="-1" length="90"><planView><geometry s="0" x="0" y="0" hdg="0" length="90"><line/></geometry>
</planView><lanes><laneSection s="0"><left>{DRIVING.format(1)}</left><center><lane id="0" type="none"/></center>
<right>{DRIVING.format(-1)}</right></laneSection></lanes></road></OpenDRIVE>"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    for name in ("Alpha", "Beta"):
        (folder / f"{name}.xodr").write_text(STRAIGHT)
    (folder / "notes.txt").write_text("no map")
    return folder


def test_files_come_first_and_folders_are_opened(files):
    atlas = Atlas(seed=3, files=[files / "Beta.xodr", files])
    assert atlas.first.name == "StandIn/Maps/Beta"
    assert atlas.names()[:3] == [f"/Game/StandIn/Maps/{name}" for name in ("Beta", "Alpha", "StandIn-0")]
    assert atlas.first.seed == 3
    assert Atlas(seed=3).first.name == "StandIn/Maps/StandIn-3"


@pytest.mark.parametrize(
    "name",
    [
        "Alpha",
        "StandIn/Maps/Alpha",
        "Game/StandIn/Maps/Alpha",
        "/Game/StandIn/Maps/Alpha",
        "/Game/Carla/Maps/Alpha",
    ],
)
def test_a_map_is_found_by_any_part_of_its_name(files, name):
    found = Atlas(seed=0, files=[files]).find(name)
    assert found is not None
    assert (found.name, found.text) == ("StandIn/Maps/Alpha", STRAIGHT)


def test_scripts_find_a_map_by_the_name_that_carla_gives_its_layered_kind(files):
    found = Atlas(seed=0, files=[files]).find("/Game/Carla/Maps/Alpha_Opt")
    assert found is not None
    assert (found.name, found.text) == ("StandIn/Maps/Alpha_Opt", STRAIGHT)


@pytest.mark.parametrize(
    "name",
    [
        "Gamma",
        "Gamma_Opt",
        "StandIn-0_Opt",
        "Other/Maps/Alpha",
        "../Alpha",
        "OpenDriveMap",
        "StandIn-x",
        "",
        "StandIn-",
    ],
)
def test_what_is_not_there_is_not_found(files, name):
    assert Atlas(seed=0, files=[files]).find(name) is None


def test_a_town_without_any_way_out_still_has_a_place_to_start(files):
    town = Atlas(seed=0, files=[files]).first.build()
    assert len(town.spawn_points) >= 1
    assert all(abs(abs(pose.y) - 1.75) < 1e-6 for pose in town.spawn_points)


BAD = {
    "missing.xodr": (None, "cannot read the map .*missing.xodr: No such file"),
    "binary.xodr": (b"\xff\xfe\x00", "binary.xodr: it is no UTF-8 text"),
    "page.xodr": (b"<html/>", "page.xodr: the map's root is <html>"),
    "words.xodr": (b"hello", "words.xodr: the map is no XML"),
    "empty": ("folder", "there is no .xodr file in .*empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, name):
    content, message = BAD[name]
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(MapError, match=message) as error:
        Atlas(seed=0, files=[path])
    assert "\n" not in str(error.value)


def test_the_command_says_what_is_wrong_and_exits_with_one(tmp_path):
    command = [
        sys.executable,
        "-m",
        "carla_bridge.standin",
        "--port",
        "0",
        "--map",
        str(tmp_path / "no.xodr"),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: cannot read the map")
    assert ended.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def small(files):
    with StandInProcess(vehicles=2, walkers=2, map=str(files)) as server:
        yield server


def client_of(server):
    client = carla.Client(server.host, server.port)
    client.set_timeout(60.0)
    return client


def test_the_client_sees_and_loads_them(small):
    client = client_of(small)
    assert client.get_world().get_map().name == "StandIn/Maps/Alpha"
    assert "/Game/StandIn/Maps/Beta" in client.get_available_maps()
    world = client.load_world("Beta")
    assert world.get_map().name == "StandIn/Maps/Beta"
    assert world.get_map().transform_to_geolocation(carla.Location()).latitude == pytest.approx(1.5)
    with pytest.raises(RuntimeError, match="Map 'Gamma' not found"):
        client.load_world("Gamma")


def test_a_client_can_bring_its_own_map(small):
    client = client_of(small)
    world = client.generate_opendrive_world(STRAIGHT.replace("90", "120"))
    assert world.get_map().name == "StandIn/Maps/OpenDriveMap"
    assert max(w.s for w in world.get_map().generate_waypoints(5.0)) > 100.0
    again = client.generate_opendrive_world(STRAIGHT)
    assert max(w.s for w in again.get_map().generate_waypoints(5.0)) < 100.0
    with pytest.raises(RuntimeError, match="no XML"):
        client.generate_opendrive_world("no map")
    assert client.get_world().get_map().name == "StandIn/Maps/OpenDriveMap"


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.skipif(not TOWN01.exists(), reason="CARLA's maps are not there")
def test_the_traffic_manager_drives_through_town01(free_port):
    """Ten cars for 15 simulated seconds: all stay on their roads, most get along."""
    with StandInProcess(
        vehicles=0, walkers=0, map=str(TOWN01), synchronous=True, fixed_delta_seconds=0.05
    ) as server:
        client = client_of(server)
        world = client.get_world()
        carla_map = world.get_map()
        assert carla_map.name == "StandIn/Maps/Town01"
        manager = client.get_trafficmanager(free_port)
        manager.set_synchronous_mode(True)
        manager.set_random_device_seed(0)
        blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
        cars = [world.spawn_actor(blueprint, spot) for spot in carla_map.get_spawn_points()[:10]]
        world.tick()
        starts = [car.get_location() for car in cars]
        for car in cars:
            car.set_autopilot(True, free_port)
        with kept_awake(world, free_port):
            for _ in range(300):
                world.tick()
        places = [car.get_location() for car in cars]
        driven = [start.distance(place) for start, place in zip(starts, places, strict=True)]
        for place in places:
            road = carla_map.get_waypoint(place).transform.location
            assert np.hypot(road.x - place.x, road.y - place.y) < 1.5
            assert abs(road.z - place.z) < 0.1
        manager.shut_down()
    assert sum(way > 20.0 for way in driven) >= 7
