"""What is told of a recorder log: the shape of CARLA's own answers."""

import io
import re
import time

import pytest

from carla_bridge.standin.recorder_logs import recorder_records as r
from carla_bridge.standin.recorder_logs import recorder_reports
from carla_bridge.standin.recorder_logs.recorder_log import LogReader
from carla_bridge.standin.recorder_logs.recorder_records import PacketId
from carla_bridge.standin.recorder_logs.recorder_reports import actors_blocked, collisions, file_info
from tests.standin.recorder_examples import (
    A_RECORD_OF_EACH_KIND,
    NOON_2026_S,
    REAL_LOG,
    add,
    at,
    log_of,
    reader_of,
)

DATE = time.strftime("%m/%d/%y %H:%M:%S", time.localtime(NOON_2026_S))
HEAD = f"Version: 1\nMap: Town01\nDate: {DATE}\n\n"


def test_the_file_info_tells_the_frames_in_which_something_happened():
    reader = reader_of(
        {PacketId.EVENT_ADD: [add(7, "vehicle.a.b", x=-260.0, y=382.0014, role_name="hero")]},
        {PacketId.POSITION: [at(7, 1.0)]},
        {
            PacketId.EVENT_PARENT: [r.EventParent(8, 7)],
            PacketId.COLLISION: [r.Collision(0, 7, 8, True, False)],
        },
        {PacketId.EVENT_DEL: [r.EventDel(7)]},
        delta_s=0.0254253,
    )
    assert file_info(reader, show_all=False) == (
        HEAD + "Frame 1 at 0 seconds\n"
        " Create 7: vehicle.a.b (1) at (-260, 382.001, 0)\n"
        "  role_name = hero\n"
        "Frame 3 at 0.0508506 seconds\n"
        " Parenting 8 with 7 (parent)\n"
        " Collision id 0 between 7 (hero)  with 8\n"
        "Frame 4 at 0.0762759 seconds\n"
        " Destroy 7\n"
        "\nFrames: 4\nDuration: 0.0762759 seconds\n"
    )


def test_all_is_told_of_every_kind_when_all_is_asked_for():
    frame = {kind: [record] for kind, record in A_RECORD_OF_EACH_KIND.items() if kind != PacketId.FRAME_START}
    told = file_info(reader_of(frame), show_all=True)
    for line in (
        "  Id: 5 Location: (1, -2, 3) Rotation: (0, 45, -90)",
        " State traffic lights: 1",
        "  Id: 8 state: 2 frozen: 1 elapsedTime: 1.5",
        "  Id: 5 Steering: -0.5 Throttle: 0.25 Brake: 1 Handbrake: 1 Gear: -1",
        "  Id: 9 speed: 1.5",
        "  Id: 5 Position Special2",
        "  Id: -3 enabled: True intensity: 100 RGB_color: (1, 0.5, 0.25)",
        "  Id: 5 linear_velocity: (1, 2, 3) angular_velocity: (4, 5, 6)",
        "  Id: 5 origin: (0, 0, inf) extension: (-inf, 1, 1)",
        " Current platform time: 0.1",
        "   use_gear_auto_box = true",
        "   torque_curve = (0, 400) (5000, 300)",
        "    gear 0: ratio 3.5 down_ratio 0.5 up_ratio 0.75",
        "  Id: 8 green_time: 10 yellow_time: 3 red_time: 2",
        '     Bone: "crl_hips__C" relative: Loc(1, 2, 3) Rot(4, 5, 6)',
        "  Doors opened:  All ",
    ):
        assert f"{line}\n" in told
    assert told.count("    wheel ") == 4


def hits(*pairs):
    return [r.Collision(number, *pair) for number, pair in enumerate(pairs)]


def crashes():
    cast = [
        add(1, "vehicle.a.hero", role_name="hero"),
        add(2, "vehicle.a.b"),
        add(3, "walker.pedestrian.0001", 2),
        add(4, "traffic.traffic_light", 3),
        add(5, "static.prop.bin", 0),
        add(6, "traffic.stop", 4),
    ]
    return reader_of(
        {PacketId.EVENT_ADD: cast},
        {PacketId.COLLISION: hits((1, 2, True, False))},
        {PacketId.COLLISION: hits((1, 2, True, False), (2, 3, False, False))},  # the first goes on
        {},
        {PacketId.COLLISION: hits((1, 2, True, False), (2, 4, False, False), (2, 0xFFFF_FFFF, False, False))},
        {PacketId.COLLISION: hits((2, 5, False, False), (2, 6, False, False))},
        delta_s=8.0,
    )


def rows_of(report):
    return re.findall(r"^ +(\d+)   (.) (.)  +(\d+) (\S*) +(\d+) ?(\S*)", report, re.MULTILINE)


def test_collisions_are_told_when_they_begin():
    assert collisions(crashes(), "h", "v") == (
        HEAD
        + "    Time  Types     Id Actor 1                                 Id Actor 2                            \n"
        "       8   v v       1 vehicle.a.hero                           2 vehicle.a.b                        \n"
        "      32   v v       1 vehicle.a.hero                           2 vehicle.a.b                        \n"
        "\nFrames: 6\nDuration: 40 seconds\n"
    )


@pytest.mark.parametrize(
    ("letters", "pairs"),
    [
        ("aa", ["1 2", "2 3", "1 2", "2 4", "2 4294967295", "2 5", "2 6"]),
        ("vw", ["2 3"]),
        ("vt", ["2 4"]),
        ("vo", ["2 4294967295", "2 5", "2 6"]),
        ("hh", []),
        ("wv", []),
    ],
)
def test_collisions_are_chosen_by_who_has_part_in_them(letters, pairs):
    assert [f"{row[3]} {row[5]}" for row in rows_of(collisions(crashes(), *letters))] == pairs


def test_the_blocked_are_told_by_how_long_they_were():
    def frame(slow_cm, fast_cm):
        return {PacketId.POSITION: [at(1, slow_cm), at(2, fast_cm), at(3, 0.0)]}

    cast = {
        PacketId.EVENT_ADD: [add(1, "vehicle.a.slow"), add(2, "vehicle.a.fast"), add(3, "static.prop.bin", 0)]
    }
    moves = [(0, 0), (0, 0), (50, 0), (90, 500), (120, 500), (300, 900)]
    reader = reader_of(*({**cast, **frame(*move)} for move in moves), delta_s=10.0)
    assert actors_blocked(reader, 30.0, 100.0) == (
        HEAD + "    Time     Id Actor                                 Duration\n"
        "       0      1 vehicle.a.slow                              40\n"
        "       0      2 vehicle.a.fast                              30\n"
        "\nFrames: 6\nDuration: 50 seconds\n"
    )
    assert "vehicle" not in actors_blocked(reader, 41.0, 100.0)


def test_a_log_that_is_cut_off_is_told_up_to_there():
    whole = log_of({PacketId.EVENT_DEL: [r.EventDel(7)]}, {PacketId.EVENT_DEL: [r.EventDel(8)]})
    told = file_info(LogReader(io.BytesIO(whole[:-1])), show_all=False)
    assert " Destroy 7\n" in told
    assert " Destroy 8\n" not in told
    assert told.endswith("Frames: 1\nDuration: 0 seconds\nNote: the log ends within a packet\n")


def test_a_report_has_an_end(monkeypatch):
    monkeypatch.setattr(recorder_reports, "MAX_REPORT_CHARS", 500)
    told = file_info(reader_of(*[{PacketId.EVENT_DEL: [r.EventDel(7)] * 10}] * 50), show_all=False)
    assert len(told) < 1000
    assert "cut off" in told


@pytest.mark.skipif(not REAL_LOG.exists(), reason="CARLA_BRIDGE_DATA names no recorder log")
def test_a_real_log_is_told_in_full():
    with REAL_LOG.open("rb") as file:
        reader = LogReader(file)
        told = file_info(reader, show_all=False)
        assert told.startswith("Version: 1\nMap: Town01\nDate: 11/2")
        assert " Create 174: vehicle.lincoln.mkz_2017 (1) at (10700, 13300, 64.5025)\n" in told
        assert (
            "Frame 847 at 24.7237 seconds\n Destroy 174\n\nFrames: 847\nDuration: 24.7237 seconds\n" in told
        )
        blocked = actors_blocked(reader, 2.0, 100.0)
    assert re.search(r"^ +\d+ +175 vehicle\.nissan\.patrol +\d+$", blocked, re.MULTILINE)
