"""Polygons painted one over the other give the segments back, whatever these look like."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from carla_bridge.formats.panoptic import segments_of
from carla_bridge.formats.polygons import painted, regions
from tests.carla_bridge.formats import scenes

NOISE = np.random.default_rng(0)
CHECKERED = np.indices((9, 12)).sum(axis=0) % 2
RINGS = np.minimum.reduce([*np.indices((13, 13)), *(12 - np.indices((13, 13)))])
MAPS = {
    "a scene": scenes.sample().segment_ids,
    "noise": NOISE.integers(0, 4, (30, 40)),
    "crossing": CHECKERED,
    "rings": RINGS,
    "one pixel": np.array([[26003]]),
    "one class": np.full((5, 4), 7),
}


@pytest.mark.parametrize("name", MAPS)
def test_painting_gives_the_segments_back(name):
    ids = MAPS[name].astype(np.int32)
    found = regions(segments_of(ids), ids)
    assert np.array_equal(painted(found, ids.shape), ids)
    canvas = Image.new("I", ids.shape[::-1], -1)  # as cityscapesScripts paint
    for each in found:
        assert len(each.points) >= 3
        ImageDraw.Draw(canvas).polygon([tuple(point) for point in each.points.tolist()], fill=each.segment_id)
    assert np.array_equal(np.array(canvas), ids)


def test_pieces_without_corners_in_common_need_no_mending():
    ids = RINGS.astype(np.int32)
    assert len(regions(segments_of(ids), ids)) == len(np.unique(ids))
