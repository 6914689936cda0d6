"""Rerun, a viewer that is none of ours, finds in a recording what we say is there (extra `viewer`)."""

import os
import re
import subprocess
import sys

import pytest

from carla_bridge.batch import convert_item, put_photos_into_recordings
from tests.carla_bridge.test_photos import ENGINE, items_of
from tests.carla_bridge.test_photos import recording as recording

# by topic: what Rerun must make of it, and how often
EXPECTED = {
    "/tf": ("Transform3D:quaternion", 45),
    "/tf_static": ("Transform3D:quaternion", 4),  # two cameras and their optical frames, once
    "/camera/front/calibration": ("Pinhole:image_from_camera", 1),
    "/camera/front/semantic": ("Image:buffer", 45),
    "/camera/front/instance": ("Image:buffer", 45),
    "/camera/left/depth": ("Image:buffer", 45),
    "/camera/left/rgb": ("Image:buffer", 45),
    "/camera/left/photo": ("VideoStream:sample", 45),
    "/actors": ("foxglove.SceneUpdate:message", 45),  # kept, not shown
    "/carla/state": ("McapMessage:data", 45),  # kept, not shown
}


def rerun(*words):
    pytest.importorskip("rerun")
    done = subprocess.run(
        [sys.executable, "-m", "rerun", *map(str, words)],
        env=os.environ | {"RERUN_ANALYTICS": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def with_photos(recording, tmp_path_factory):
    pytest.importorskip("rerun")
    out = tmp_path_factory.mktemp("converted")
    items = items_of(recording, out)
    assert not [item for item in items if convert_item(item, ENGINE).failed]
    assert [outcome.failed for outcome in put_photos_into_recordings(items, ())] == [False]
    return out / "drive.photo.mcap"


def test_rerun_has_nothing_to_say_against_any_topic(with_photos):
    rows = re.findall(r"^(\w+) +\d+ +\d+ +(/\S+) +(\S.*)$", rerun("mcap", "check", with_photos), re.MULTILINE)
    assert len(rows) == 2 * 7 + 4
    assert {(status, issues.strip()) for status, _, issues in rows} == {("ok", "—")}


def test_rerun_shows_pictures_lenses_poses_and_photos(with_photos, tmp_path):
    rerun("mcap", "convert", with_photos, "-o", tmp_path / "drive.rrd")
    chunks = re.findall(
        r"with (\d+) rows .* - (/\S+) - data columns: \[(.*)\]", rerun("rrd", "print", tmp_path / "drive.rrd")
    )
    rows = {}
    for count, topic, columns in chunks:
        for column in columns.split():
            rows[topic, column] = rows.get((topic, column), 0) + int(count)
    assert {topic: (column, rows.get((topic, column))) for topic, (column, _) in EXPECTED.items()} == EXPECTED
