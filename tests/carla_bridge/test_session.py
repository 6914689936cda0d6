"""The live drive, with the real client on a real socket: every frame is its tick's, and no trace is left."""

import itertools
import os
import signal
import time

import numpy as np
import pytest

pytest.importorskip("carla")

from carla_bridge import actors
from carla_bridge.cameras import SensorTimeout
from carla_bridge.errors import BridgeError
from carla_bridge.labels import NoTagTable, tag_table
from carla_bridge.recover import execute, plan
from carla_bridge.server import ServerLost
from carla_bridge.session import LiveDrive
from carla_bridge.standin import process
from carla_bridge.timing import StageTimes
from carla_bridge.world_changes import ServerBusy
from tests.carla_bridge.live_server import (
    SMALL,
    connected,
    driving_client,
    look_at,
    open_drive,
)


@pytest.fixture(scope="module")
def port():
    with process.StandInProcess(port=0, seed=0) as server:
        yield server.port


@pytest.fixture
def unchanged(port):
    """See that the test left the server as it was."""
    before = look_at(port)
    yield
    assert look_at(port) == before


@pytest.mark.usefixtures("unchanged")
def test_ticks_are_consecutive_and_frames_are_their_ticks(port):
    with open_drive(port) as drive:
        frames = list(itertools.islice(drive, 8))
        assert frames[-1].tick == drive.world.get_snapshot().frame
    ticks = [frame.tick for frame in frames]
    assert ticks == list(range(ticks[0], ticks[0] + 8))
    assert np.allclose(np.diff([frame.time_s for frame in frames]), 0.05)
    assert all(frame.tags.shape == (64, 96) for frame in frames)


@pytest.mark.usefixtures("unchanged")
def test_the_camera_sees_a_street_and_the_car_moves(port):
    with open_drive(port, vehicles=4) as drive:
        place = drive.ego.get_location()
        frames = list(itertools.islice(drive, 60))
        assert drive.ego.get_location().distance(place) > 1.0
    table = tag_table(drive.meta.tag_table)
    seen = set(np.unique(frames[-1].tags).tolist())
    assert {table.tag("Roads"), table.tag("Sky")} <= seen
    assert not np.array_equal(frames[0].tags, frames[-1].tags)


@pytest.mark.usefixtures("unchanged")
def test_the_meta_says_what_is_needed_to_read_the_frames(port):
    camera = SMALL.model_copy(update={"sensor_tick_s": 0.1})
    with open_drive(port, camera=camera) as drive, connected(port) as server:
        assert drive.meta.map_name == server.world.get_map().name
        assert (drive.meta.server_version, drive.meta.tag_table) == ("0.9.16", "0.9.14")
        assert (drive.meta.width, drive.meta.height, drive.meta.fps_hz) == (96, 64, 10.0)
        first, second = (frame.tick for frame in itertools.islice(drive, 2))
        assert second - first == 2


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_whatever_ends_the_drive_the_server_is_put_back(port, error):
    def drive_into_it():
        with open_drive(port, vehicles=3, weather="WetSunset") as drive:
            next(iter(drive))
            during.append(look_at(port))
            raise error

    during = []
    with pytest.raises(error):
        drive_into_it()
    assert during[0].synchronous
    assert "sensor.camera.semantic_segmentation" in {type_id for _, type_id in during[0].actors}


@pytest.mark.usefixtures("unchanged")
def test_a_failed_set_up_leaves_nothing_behind(port, monkeypatch):
    def fail(*_args, **_kwargs):
        raise BridgeError("no traffic today")

    monkeypatch.setattr("carla_bridge.session.spawn_traffic", fail)
    with pytest.raises(BridgeError, match="no traffic today"), open_drive(port):
        pass


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("session", "sentence"),
    [
        ({"ego_blueprint": "vehicle.flying.carpet"}, "no blueprint 'vehicle.flying.carpet'; it has vehicle."),
        ({"weather": "Apocalypse"}, "'Apocalypse' is no preset; there are ClearNight"),
        ({"spawn_index": 99999}, "spawn_index is 99999, but"),
    ],
)
def test_a_wish_the_server_cannot_fulfil_is_said(port, session, sentence):
    with pytest.raises(BridgeError, match=sentence), open_drive(port, **session):
        pass


@pytest.mark.usefixtures("unchanged")
def test_an_occupied_spawn_point_is_said_and_the_next_one_taken(port):
    with open_drive(port, spawn_index=3) as _, connected(port) as server:
        points = server.world.get_map().get_spawn_points()
        with pytest.raises(actors.NoSpawnPoint, match="all 1 spawn points"):
            actors.spawn_ego(server, "vehicle.tesla.model3", points[3:4])
        second = actors.spawn_ego(server, "vehicle.tesla.model3", points[3:5])
        actors.destroy(server, [second.id])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("unchanged")
def test_a_signalled_client_cleans_up_also_when_signalled_twice(port, number):
    with driving_client(port) as client:
        assert look_at(port).synchronous
        client.send_signal(number)
        time.sleep(0.05)
        client.send_signal(signal.SIGINT)
        assert client.wait(20) != 0


@pytest.mark.usefixtures("unchanged")
def test_a_busy_server_is_refused_with_who_drives_it(port):
    with open_drive(port) as drive:
        with pytest.raises(ServerBusy, match="nobody ticks it") as caught, open_drive(port):
            pass
        assert f"ego vehicle: actor {drive.ego.id}, vehicle.tesla.model3" in str(caught.value)
        assert "--takeover" in str(caught.value)


@pytest.mark.usefixtures("unchanged")
def test_a_ticked_server_is_refused_as_ticked(port):
    with driving_client(port) as client:
        with pytest.raises(ServerBusy, match="another client is ticking it"), open_drive(port):
            pass
        client.send_signal(signal.SIGTERM)
        client.wait(20)


@pytest.mark.usefixtures("unchanged")
def test_a_server_left_behind_can_be_taken_over_and_stays_as_it_was(port):
    with connected(port) as server:
        weather = server.world.get_weather()  # `recover` cannot know it
    with driving_client(port) as client:
        client.send_signal(signal.SIGKILL)
        client.wait(20)
    left = look_at(port)
    with open_drive(port, takeover=True) as drive:
        ticks = [frame.tick for frame in itertools.islice(drive, 4)]
        assert ticks == list(range(ticks[0], ticks[0] + 4))
    assert look_at(port).synchronous
    assert look_at(port).actors == left.actors
    execute(plan("127.0.0.1", port))
    with connected(port) as server:
        server.world.set_weather(weather)
        server.world.get_settings()  # waits for its answer, so the weather, which does not, is through


@pytest.mark.usefixtures("unchanged")
def test_the_table_can_be_forced_and_a_wrong_name_is_refused(port):
    from carla_bridge.config import ServerConfig

    with pytest.raises(NoTagTable), LiveDrive.open(ServerConfig(port=port, tag_table="0.9.12"), camera=SMALL):
        pass
    with LiveDrive.open(ServerConfig(port=port, tag_table="0.10"), camera=SMALL) as drive:
        assert drive.meta.tag_table == "0.10"


@pytest.mark.usefixtures("unchanged")
def test_a_silent_camera_is_named_with_its_tick(port):
    with open_drive(port, sensor_timeout_s=0.5) as drive:
        frames = iter(drive)
        tick = next(frames).tick
        drive._rig.cameras[0].stop()
        with pytest.raises(
            SensorTimeout, match=rf"semantic_segmentation \(actor \d+\) .* tick {tick + 1}: nothing"
        ):
            next(frames)


def test_stages_are_measured(port):
    times = StageTimes()
    with LiveDrive.open(port=port, camera=SMALL, times=times) as drive:
        list(itertools.islice(drive, 3))
    assert set(times.stages()) == {"tick", "receive"}


@pytest.mark.own_process
@pytest.mark.parametrize("pause_s", [0.0, 0.5], ids=["while ticking", "between frames"])
def test_a_killed_server_is_one_sentence_at_once(pause_s):
    def drive_until_lost():
        with open_drive(server.port, vehicles=3) as drive:
            for count, _ in enumerate(drive):
                if count == 5:
                    os.kill(server.pid, signal.SIGKILL)
                    time.sleep(pause_s)
                    killed_s.append(time.monotonic())

    killed_s = []
    with process.StandInProcess(port=0, seed=0) as server:
        with pytest.raises(ServerLost, match=rf"127\.0\.0\.1:{server.port} is lost"):
            drive_until_lost()
        assert killed_s


@pytest.mark.usefixtures("unchanged")
def test_walkers_walk_and_go_with_the_drive(port):
    with open_drive(port, walkers=6) as drive:
        ours = [actor for actor in drive.world.get_actors().filter("controller.ai.walker") if actor.parent]
        assert len(ours) == 6
        bodies = {actor.parent.id: actor.parent.get_location() for actor in ours}
        for _ in itertools.islice(drive, 60):
            pass
        moved = [
            drive.world.get_actor(number).get_location().distance(place) for number, place in bodies.items()
        ]
        assert sum(metres > 0.5 for metres in moved) >= 3
