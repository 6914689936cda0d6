"""The sample that comes with the repository is small, whole, and says that the stand-in made it."""

from pathlib import Path

import numpy as np
import pytest
from mcap.reader import make_reader

from carla_bridge.labels import tag_table
from carla_bridge.recording.reader import RecordedDrive

SAMPLE = Path(__file__).parents[3] / "recordings" / "sample.mcap"


def test_it_is_small_and_the_official_reader_finds_every_message():
    assert SAMPLE.stat().st_size < 1_000_000
    with SAMPLE.open("rb") as file:
        counted = make_reader(file, validate_crcs=True).get_summary().statistics.message_count
    with RecordedDrive(SAMPLE) as drive:
        assert sum(drive.topics().values()) == counted


@pytest.mark.parametrize("camera", ["front", "left"])
def test_it_holds_three_seconds_of_a_drive_through_the_town(camera):
    with RecordedDrive(SAMPLE, camera=camera) as drive:
        assert drive.whole
        assert drive.recording.map_name.startswith("StandIn/")
        frames, states = list(drive), list(drive.states())
        table = tag_table(drive.meta.tag_table)
    assert [frame.tick for frame in frames] == [state.tick for state in states]
    assert (np.diff([frame.tick for frame in frames]) == 1).all()
    assert len(frames) == 60
    seen = {int(label_id) for frame in frames for label_id in np.unique(table.label_ids(frame.tags))}
    assert {7, 8, 11, 21} <= seen  # road, sidewalk, building, vegetation
    assert states[0].ego.placement != states[-1].ego.placement
