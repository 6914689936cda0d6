"""What is drawn is within its ranges, the same for the same seed, and split by drive."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carla_bridge.config import ConfigRefused, load_config
from carla_bridge.synthesis.config import SynthesizeConfig
from carla_bridge.synthesis.plan import draw_plan, shared_out


def config(**values):
    return SynthesizeConfig.model_validate(values)


def test_the_same_seed_draws_the_same_and_another_seed_something_else():
    told = [drive.told() for drive in draw_plan(config(samples=100))]
    assert told == [drive.told() for drive in draw_plan(config(samples=100))]
    assert told != [drive.told() for drive in draw_plan(config(samples=100, seed=1))]


def test_a_longer_set_begins_with_the_same_drives():
    short, long = draw_plan(config(samples=75)), draw_plan(config(samples=200))
    drawn = [(drive.town, drive.session, drive.cameras, drive.walkers) for drive in long]
    assert [(drive.town, drive.session, drive.cameras, drive.walkers) for drive in short] == drawn[:3]


def test_everything_is_drawn_from_its_range():
    asked = config(
        samples=1000,
        samples_per_drive=20,
        vehicles=[3, 5],
        walkers=7,
        towns=[1, 4],
        weather={"ClearNoon": 1, "WetNoon": 0},
        mount={"z_m": [0.5, 0.6], "pitch_deg": 0, "yaw_deg": 0, "fov_deg": [60, 70]},
    )
    drives = draw_plan(asked)
    assert len(drives) == 50
    assert sum(drive.samples for drive in drives) == 1000
    assert {drive.session.vehicles for drive in drives} == {3, 4, 5}
    assert {drive.walkers for drive in drives} == {7}
    assert {drive.town for drive in drives} == {1, 4}
    assert {drive.session.weather for drive in drives} == {"ClearNoon"}
    for drive in drives:
        camera = drive.cameras["front"]
        assert 2.1 <= camera.z_m <= 2.2
        assert 60 <= camera.fov_deg <= 70
        assert camera.sensor_tick_s == 0.5


def test_the_last_drive_makes_the_number_whole():
    assert [drive.samples for drive in draw_plan(config(samples=55, samples_per_drive=25))] == [25, 25, 5]


def test_pictures_for_the_report_are_of_all_drives_and_no_more_than_there_are():
    drives = draw_plan(config(samples=200))
    assert sum(len(drive.previewed) for drive in drives) == 24
    assert all(place < drive.samples for drive in drives for place in drive.previewed)
    assert sum(len(drive.previewed) for drive in draw_plan(config(samples=3))) == 3


@given(
    st.dictionaries(st.sampled_from(["train", "val", "test"]), st.floats(0.01, 9), min_size=1),
    st.integers(1, 60),
)
def test_drives_are_shared_out_as_wanted_give_or_take_one(shares, count):
    given_out = Counter(shared_out(shares, count))
    for split, share in shares.items():
        assert abs(given_out[split] - count * share / sum(shares.values())) <= 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"vehicles": [9, 3]}, "vehicles is [9, 3]: value error, the range [9, 3] is reversed"),
        ({"walkers": -1}, "walkers.low is -1"),
        (
            {"keyframes": {"at_least": {"unicorn": 1}}},
            "at_least names 'unicorn'; objects that can be counted are person",
        ),
        ({"keyframes": {"at_least": {"road": 1}}}, "at_least names 'road'"),
        (
            {"towns": ["Town01"]},
            "towns names 'Town01', a map of a server; give the server's address under servers",
        ),
        ({"split": {"train": 0}}, "the weights of split are all 0"),
        ({"split": {"evaluation": 1}}, "split.evaluation"),
        ({"camera": {}}, "camera is no known key; did you mean cameras?"),
    ],
)
def test_senseless_settings_are_refused_by_name(values, sentence):
    with pytest.raises(ConfigRefused) as refused:
        load_config(None, SynthesizeConfig, values)
    assert sentence in str(refused.value)


def test_the_shipped_config_loads():
    assert load_config("configs/synthesize.yaml", SynthesizeConfig).formats == ("cityscapes", "coco")
