"""The stand-in of the next drive starts meanwhile, and none outlives its drives."""

import os
import subprocess

import pytest

pytest.importorskip("carla")

import carla

from carla_bridge.drive_standins import standins_ahead
from carla_bridge.synthesis.config import SynthesizeConfig
from carla_bridge.synthesis.plan import draw_plan


def plans(count):
    values = {
        "samples": count,
        "samples_per_drive": 1,
        "towns": [0, 1],
        "vehicles": [0, 0],
        "walkers": [1, 1],
    }
    return draw_plan(SynthesizeConfig.model_validate(values))


def standins():
    words = ["pgrep", "-P", str(os.getpid()), "-f", "carla_bridge.standin"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()


def town_of(address):
    client = carla.Client(address.host, address.port)
    client.set_timeout(10.0)
    return client.get_world().get_map().name


def test_the_next_starts_while_a_drive_has_its_own_and_each_is_in_its_drives_town():
    drives = plans(3)
    with standins_ahead(drives) as serve:
        for place, plan in enumerate(drives):
            with serve(plan) as address:
                assert len(standins()) == min(2, len(drives) - place)
                assert town_of(address).endswith(f"StandIn-{plan.town}")
    assert standins() == []


def test_a_drive_that_fails_leaves_no_stand_in_that_had_begun():
    drives = plans(2)

    def interrupted():
        with standins_ahead(drives) as serve, serve(drives[0]):
            assert len(standins()) == 2
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert standins() == []
