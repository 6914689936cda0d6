"""Four small pictures learnt by heart: if this fails, something in the loop does not learn."""

import json

import cv2
import numpy as np
import pytest

from pix2pix.config import TrainConfig
from pix2pix.datasets import open_dataset
from pix2pix.trainer import train

REACHED_L1 = 0.02  # mean distance of photos in -1..1: 2.5 grey levels of 256
SIDE = 64


@pytest.fixture
def four_pictures(tmp_path):
    """Streets with a car somewhere, each in a light of its own, shaded from top to bottom and grained by class."""
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    for index in range(4):
        label_ids = np.full((SIDE, SIDE), 23, np.uint8)
        label_ids[rows > 22 + 6 * np.sin(columns / 9 + index)] = 21
        label_ids[rows > 38] = 7
        left = rng.integers(4, 36)
        label_ids[34:50, left : left + 24] = 26
        light_rgb = rng.uniform(60, 200, 3)
        grain = 25 * np.sin(columns * (label_ids % 5 + 1) / 3)
        photo_rgb = light_rgb + (label_ids[..., None] % 7 - 3) * 18 + rows[..., None] * 0.5 + grain[..., None]
        for kind, name, picture in (
            ("leftImg8bit", "leftImg8bit", photo_rgb.clip(0, 255).astype(np.uint8)[..., ::-1]),
            ("gtFine", "gtFine_labelIds", label_ids),
        ):
            folder = tmp_path / "data" / kind / "train" / "seq"
            folder.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / f"{index}_{name}.png"), picture)
    return open_dataset(tmp_path / "data", "train")


def test_four_pictures_are_learnt_by_heart(four_pictures, tmp_path):
    config = TrainConfig.model_validate(
        {
            "name": "overfit",
            "classes": [7, 21, 23, 26],
            "crop_px": SIDE,
            "zoom": [1.0, 1.0],
            "void_boxes": 0,
            "generator": {"width": 16, "levels": 5, "dropout": 0.0},
            "discriminators": [{"width": 8, "layers": 2}],
            "batch_size": 4,
            "steps": 150,
            "learning_rate": 2e-3,
            "save_every": 150,
            "sample_every": 150,
        }
    )
    train(config, dataset=four_pictures, held_out=four_pictures, out=tmp_path / "run")
    l1 = [json.loads(line)["l1"] for line in (tmp_path / "run" / "stats.jsonl").read_text().splitlines()]
    assert np.mean(l1[-10:]) < REACHED_L1 < 0.1 * l1[0]
