"""Scores of generated photos: each against a number that can be had another way."""

import cv2
import numpy as np
import pytest
import torch

from pix2pix.datasets import open_dataset
from pix2pix.errors import Pix2PixError
from pix2pix.evaluation.curves import averaged, read_curves
from pix2pix.evaluation.distances import (
    frechet_distance,
    inception_features,
    kernel_distance,
    likeness,
    segmenter_features,
)
from pix2pix.evaluation.flicker import flicker
from pix2pix.evaluation.scoring import Judge, judge_photos, worst_and_best
from pix2pix.evaluation.segmentation import SegmentationScore, confusion_of, segmentation_score
from pix2pix.evaluation.video import open_video
from pix2pix.segmenter import Segmenter
from pix2pix.segmenter_training import real_photos

from .conftest import CLASSES


def test_a_confusion_made_by_hand():
    label_ids = np.array([[7, 7, 7, 7], [8, 8, 26, 0]], np.uint8)  # the last pixel is not judged
    seen = np.array([[0, 0, 0, 1], [1, 0, 2, 2]])
    score = SegmentationScore(confusion_of(seen, label_ids, (7, 8, 26)))
    assert score.confusion.tolist() == [[3, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert score.pixel_accuracy == pytest.approx(5 / 7)
    assert score.class_accuracy == pytest.approx((3 / 4 + 1 / 2 + 1) / 3)
    assert score.class_iou == pytest.approx([3 / 5, 1 / 3, 1])
    assert score.mean_iou == pytest.approx((3 / 5 + 1 / 3 + 1) / 3)


def test_a_class_that_nobody_shows_or_sees_counts_for_nothing():
    score = SegmentationScore(np.array([[4, 0], [0, 0]]))
    assert np.isnan(score.class_iou[1])
    assert score.mean_iou == score.class_accuracy == 1


@pytest.fixture
def judge() -> Judge:
    torch.manual_seed(0)
    segmenter = Segmenter(CLASSES, 8).eval()
    return Judge(segmenter, CLASSES, segmenter_features(segmenter))


def test_real_photos_as_if_generated_have_the_score_of_real_photos(street_data, judge):
    dataset = open_dataset(street_data, "val")
    judged = judge_photos(judge, dataset, lambda sample: sample.photo_rgb)
    expected = segmentation_score(judge.segmenter, real_photos(dataset), CLASSES)
    assert (judged.score.confusion == expected.confusion).all()
    assert judged.score.confusion.sum() == len(dataset) * 72 * 96
    assert [pair.ssim for pair in judged.likenesses] == pytest.approx([1, 1])


def test_the_distances_of_a_set_to_itself_are_nothing_and_grow_as_another_moves_away():
    rng = np.random.default_rng(0)
    real, again = rng.normal(size=(2, 400, 6))
    assert frechet_distance(real, real) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(real, again) < 0.2
    assert frechet_distance(real, again + 2) == pytest.approx(6 * 4, rel=0.1)  # |shift|² of six dimensions
    assert abs(kernel_distance(real, again)) < 0.1
    assert kernel_distance(real, again + 2) > 1


def test_the_kernel_distance_is_that_of_the_paper():
    real, fake = np.random.default_rng(1).normal(size=(2, 12, 5))

    def kernel(x, y):
        return (x @ y.T / 5 + 1) ** 3

    def others(k):
        return (k.sum() - k.trace()) / (12 * 11)

    expected = others(kernel(real, real)) + others(kernel(fake, fake)) - 2 * kernel(real, fake).mean()
    assert kernel_distance(real, fake) == pytest.approx(expected, rel=1e-4)


def test_psnr_by_hand():
    real = np.full((16, 16, 3), 100, np.uint8)
    assert likeness(real + 10, real).psnr_db == pytest.approx(20 * np.log10(255 / 10))


def texture(height=96, width=128):
    rng = np.random.default_rng(0)
    return cv2.GaussianBlur(rng.integers(30, 200, (height, width, 3)).astype(np.uint8), (0, 0), 1.5)


def test_a_scene_that_stands_still_does_not_flicker():
    label_ids = np.full((96, 128), 7, np.uint8)
    found = flicker([(label_ids, texture())] * 3)
    assert found.error == 0
    assert found.judged == 1
    assert found.pairs == 2


def test_a_scene_that_blinks_flickers_by_as_much():
    label_ids = np.full((96, 128), 7, np.uint8)
    photo_rgb = texture()
    found = flicker([(label_ids, photo_rgb + np.uint8(12 * (n % 2))) for n in range(4)])
    assert found.error == pytest.approx(12, abs=0.3)
    assert found.judged > 0.9


def test_a_camera_that_moves_does_not_flicker():
    wide = texture(96, 160)
    label_ids = np.full((96, 128), 7, np.uint8)
    still = flicker([(label_ids, wide[:, :128]), (label_ids, wide[:, :128] // 2 + wide[:, 4:132] // 2)])
    moving = flicker([(label_ids, np.ascontiguousarray(wide[:, 4 * n : 4 * n + 128])) for n in range(3)])
    unwarped = np.abs(wide[:, :128].astype(float) - wide[:, 4:132]).mean()
    assert moving.error < 0.25 * unwarped
    assert moving.judged > 0.8
    assert moving.error < still.error


def test_pixels_whose_class_changes_are_not_judged():
    photo_rgb = texture()
    before = np.full((96, 128), 7, np.uint8)
    after = before.copy()
    after[:48] = 26
    assert flicker([(before, photo_rgb), (after, photo_rgb)]).judged == pytest.approx(0.5)
    assert np.isnan(flicker([(before, photo_rgb), (before + 1, photo_rgb)]).error)


def test_the_cases_shown_are_the_worst_and_the_best_and_none_twice(street_data, judge):
    judged = judge_photos(judge, open_dataset(street_data, "train"), lambda sample: sample.photo_rgb)
    known = judged._replace(accuracies=np.array([0.5, 0.9, 0.1, 0.7, 0.3, 0.8]))
    cases = worst_and_best([known], each=2)
    assert cases["worst"] == [2, 4]
    assert cases["best"] == [1, 5]
    assert sorted(place for places in cases.values() for place in places) == list(range(6))
    assert worst_and_best([known._replace(accuracies=np.array([0.5]))]) == {
        "worst": [],
        "random": [0],
        "best": [],
    }


def test_curves_are_read_to_the_last_whole_line(tmp_path):
    lines = '{"step": 0, "rate": 1, "l1": 2.0}\n{"step": 1, "rate": 1, "l1": 1.0}\n{"step": 2, "ra'
    (tmp_path / "stats.jsonl").write_text(lines)
    (curve,) = read_curves(tmp_path / "generator.safetensors")
    assert (curve.name, curve.points, curve.last_step) == ("l1", "0.0,0.0 560.0,150.0", 1)
    assert read_curves(tmp_path / "elsewhere" / "generator.safetensors") == []
    assert averaged([(n, float(n % 2)) for n in range(480)])[0] == (1, 0.5)


def test_a_video_is_a_folder_of_label_maps_of_one_size(tmp_path):
    for name, size in (("a", (8, 8)), ("b", (8, 8)), ("c", (9, 8))):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full(size, 7, np.uint8))
    video = open_video(tmp_path)
    assert video.names == ["a.png", "b.png", "c.png"]
    assert video[0].label_ids.shape == video[1].label_ids.shape == (8, 8)
    with pytest.raises(Pix2PixError, match=r"c\.png is \(9, 8\)"):
        video[2]
    with pytest.raises(Pix2PixError, match="holds no video"):
        open_video(tmp_path / "nowhere")


def test_inception_without_its_file_or_its_package_is_one_sentence(tmp_path):
    with pytest.raises(Pix2PixError, match="no file"):
        inception_features(tmp_path / "nothing.pth")
    (tmp_path / "other.pth").write_bytes(b"no weights")
    with pytest.raises(Pix2PixError, match=r"torch-fidelity|Inception's weights"):
        inception_features(tmp_path / "other.pth")
