"""Segments are counted as the benchmarks want: a thousand objects of a class, the rest a group."""

import numpy as np

from carla_bridge.formats.panoptic import segment_ids, segments_of
from tests.carla_bridge.formats import scenes


def test_objects_beyond_a_thousand_of_a_class_are_a_group():
    instance_ids = np.arange(1, 1201, dtype=np.uint16).reshape(30, 40)
    ids = segment_ids(np.full((30, 40), scenes.CAR, np.uint8), instance_ids)
    assert ids.ravel()[[0, 999, 1000, 1199]].tolist() == [26000, 26999, 26, 26]
    group, *_, last = segments_of(ids)
    assert (group.id, group.is_group, group.area_px, group.label_id) == (26, True, 200, 26)
    assert (last.id, last.is_group, last.label_id) == (26999, False, 26)


def test_segments_are_where_their_pixels_are():
    sample = scenes.sample()
    painted = np.zeros_like(sample.segment_ids)
    for each in sample.segments:
        height, width = each.mask.shape
        window = painted[each.top : each.top + height, each.left : each.left + width]
        window[each.mask.astype(bool)] += each.id
        assert each.area_px == each.mask.sum()
    assert np.array_equal(painted, sample.segment_ids)


def test_the_largest_instance_number_and_classes_without_instances_pass():
    ids = segment_ids(np.array([[26, 26, 7]], np.uint8), np.array([[65535, 1, 9]], np.uint16))
    assert ids.tolist() == [[26001, 26000, 7]]
