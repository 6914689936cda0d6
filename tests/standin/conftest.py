"""One stand-in for the whole session, and clients of it."""

from functools import cache

import pytest

from carla_bridge.standin.process import StandInProcess
from carla_bridge.standin.streetscape.atlas import Place
from carla_bridge.standin.streetscape.town import seed_name


@pytest.fixture(scope="session", autouse=True)
def _carla_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARLA_CACHE_DIR", str(tmp_path_factory.mktemp("carla")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _town_built_once():
    """Servers within this process share their towns, which never change."""
    from carla_bridge.standin.streetscape import atlas

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(atlas, "build_town", cache(atlas.build_town))
        yield


@pytest.fixture(scope="session")
def town():
    """A town for worlds without a server."""
    return Place(seed_name(0), 0).build()


@pytest.fixture(scope="session")
def recordings(tmp_path_factory):
    """The folder of the stand-in's recorder logs."""
    return tmp_path_factory.mktemp("recordings")


@pytest.fixture(scope="session")
def standin(recordings):
    with StandInProcess(seed=0, recordings=str(recordings)) as server:
        yield server


@pytest.fixture
def connect(standin):
    carla = pytest.importorskip("carla")

    def client():
        client = carla.Client(standin.host, standin.port)
        client.set_timeout(20.0)
        return client

    return client


@pytest.fixture
def client(connect):
    return connect()


@pytest.fixture
def world(client):
    """A fresh episode, ticked by the test; the server free-runs again afterwards."""
    world = client.load_world("StandIn-0")
    before = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = 0.05
    world.apply_settings(settings)
    yield world
    world.apply_settings(before)
