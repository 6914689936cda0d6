"""A camera's effects: off they change nothing, on they do what their names say, and labels are bent with the photo."""

import numpy as np
import pytest

from carla_bridge.optics import LensFolds, Optics, bent
from carla_bridge.synthesis.seen import seen_through
from tests.carla_bridge.formats import scenes

GREY = np.full((60, 80, 3), 128, np.uint8)


def test_by_default_nothing_changes():
    photo = scenes.sample().photo_rgb
    assert np.array_equal(Optics().exposed(photo, seed=1), photo)
    assert not Optics().bends


def test_a_stop_more_is_twice_the_light():
    lit = Optics(exposure_ev=1.0).exposed(GREY, seed=0)
    assert (lit[0, 0, 0] / 255) ** 2.2 == pytest.approx(2 * (128 / 255) ** 2.2, rel=0.02)
    dark = Optics(exposure_ev=-1.0).exposed(lit, seed=0)
    assert np.abs(dark.astype(int) - GREY).max() <= 1


def test_noise_has_its_strength_grows_with_light_and_follows_the_seed():
    white = np.full((200, 200, 3), 200, np.uint8)
    noisy = Optics(noise=8.0).exposed(white, seed=3)
    assert noisy.astype(float).std() == pytest.approx(8 * (200 / 255) ** 0.5, rel=0.05)
    assert Optics(noise=8.0).exposed(white // 8, seed=3).astype(float).std() < 4
    assert np.array_equal(noisy, Optics(noise=8.0).exposed(white, seed=3))
    assert not np.array_equal(noisy, Optics(noise=8.0).exposed(white, seed=4))


def test_blur_spreads_an_edge_and_keeps_the_light():
    edge = np.zeros((40, 80, 3), np.uint8)
    edge[:, 40:] = 200
    soft = Optics(blur_px=3.0).exposed(edge, seed=0)
    assert 0 < soft[20, 37, 0] < soft[20, 42, 0] < 200
    assert soft.mean() == pytest.approx(edge.mean(), abs=1)


def test_jpeg_leaves_its_blocks():
    photo = scenes.sample().photo_rgb
    seen = Optics(jpeg_quality=20).exposed(photo, seed=0)
    assert np.abs(seen.astype(int) - photo).mean() > 3


def test_photo_and_labels_are_bent_alike_and_fill_the_picture():
    label_ids = np.full((120, 240), 7, np.uint8)
    label_ids[30:60, 40:90] = 26
    photo = np.repeat(label_ids[..., None], 3, axis=2) * 9
    layers = photo, label_ids, label_ids.astype(np.uint16), label_ids.astype(np.float32)
    after = bent(Optics(k1=-0.2), *layers, fov_deg=90)
    assert not np.array_equal(after.label_ids, label_ids)
    assert set(np.unique(after.label_ids)) == {7, 26}
    assert np.array_equal(after.instance_ids, after.label_ids)
    assert np.array_equal(after.depth_m, after.label_ids)
    assert (np.abs(after.photo_rgb[..., 0].astype(int) - after.label_ids * 9) > 4).mean() < 0.02  # edges only


@pytest.mark.parametrize(("k1", "filling"), [(-0.1, 1 - 0.1 * 2), (0.1, 1.0)])
def test_a_point_goes_where_the_model_says(k1, filling):
    """At r it appears at r (1 + k1 r²), and a barrel is enlarged by what its corner, at r² = 2, lost."""
    label_ids = np.zeros((200, 200), np.uint8)
    label_ids[99:101, 160] = 26
    layers = np.zeros((200, 200, 3), np.uint8), label_ids, label_ids.astype(np.uint16), None
    after = bent(Optics(k1=k1), *layers, fov_deg=90)
    columns = np.nonzero(after.label_ids == 26)[1]
    r = (160.5 - 100) / 100
    assert columns.mean() + 0.5 == pytest.approx(100 + 100 * r * (1 + k1 * r**2) / filling, abs=1)
    assert after.depth_m is None


def test_a_lens_that_folds_the_picture_is_refused():
    layers = np.zeros((60, 80, 3), np.uint8), *(np.zeros((60, 80), np.uint8),) * 2, None
    with pytest.raises(LensFolds, match=r"k1 -0\.5 and k2 0 folds the picture over, 1\.25 focal lengths"):
        bent(Optics(k1=-0.5), *layers, fov_deg=90)


def test_objects_move_with_their_pixels_and_those_outside_are_gone():
    sample = scenes.sample()
    seen = seen_through(
        Optics(k1=0.5, k2=0.5, noise=2.0), sample
    )  # a pincushion: the outside leaves the picture
    assert {thing.instance_id for thing in seen.objects} < {thing.instance_id for thing in sample.objects}
    for thing in seen.objects:
        rows, columns = np.nonzero(seen.mask(thing))
        assert len(rows) == thing.pixels
        assert thing.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert thing.amodal_box is None
