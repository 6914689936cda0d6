"""A log brings the world to the map it was recorded on, without a word to the client's clock."""

import pytest

from carla_bridge.standin.protocol.schema import EpisodeSettings
from carla_bridge.standin.server import StandIn
from tests.standin.raw_client import RawClient

SYNCHRONOUS = EpisodeSettings(synchronous_mode=True, fixed_delta_seconds=0.05)
OFFSET = [[-10.0, 0.0, 5.0], [-25.0, 0.0, 0.0]]


def lane(number):
    link = f'<link><predecessor id="{number}"/><successor id="{number}"/></link>'
    width = '<width sOffset="0" a="3.5" b="0" c="0" d="0"/>'
    return f'<lane id="{number}" type="driving" level="false">{link}{width}</lane>'


def road(number, x_m, link):
    return f"""<road id="{number}" junction="-1" length="60"><link>{link}</link>
    <planView><geometry s="0" x="{x_m}" y="0" hdg="0" length="60"><line/></geometry></planView>
    <lanes><laneSection s="0"><left>{lane(1)}</left><center><lane id="0" type="none" level="false"/></center>
    <right>{lane(-1)}</right></laneSection></lanes></road>"""


STREET = '<OpenDRIVE><header revMajor="1" revMinor="4"/>{}{}</OpenDRIVE>'.format(
    road(1, 0, '<successor elementType="road" elementId="2" contactPoint="start"/>'),
    road(2, 60, '<predecessor elementType="road" elementId="1" contactPoint="end"/>'),
)


@pytest.fixture
def server(tmp_path):
    for name in ("Here", "There"):
        (tmp_path / f"{name}.xodr").write_text(STREET)
    with StandIn(
        port=0, vehicles=0, walkers=0, settings=SYNCHRONOUS, maps=[tmp_path], recordings=tmp_path / "logs"
    ) as server:
        yield server


def result_of(answer):
    ((_, value),) = answer[3]
    return value


def test_a_log_of_another_map_is_replayed_there(server):
    with RawClient(server) as client:
        client.call("start_recorder", "here.log", False)
        client.call("tick_cue")
        client.call("tick_cue")
        client.call("load_new_episode", "There", False, 65535)
    with RawClient(server) as client:
        assert result_of(client.call("get_map_info"))[0].endswith("There")
        told = result_of(client.call("replay_file", "here.log", 0.0, 0.0, 0, False, OFFSET))
        assert "Loading map Here\n" in told
        assert result_of(client.call("get_map_info"))[0].endswith("Here")
        assert client.call("get_episode_settings")[3][0][1][0]  # as synchronous as before
