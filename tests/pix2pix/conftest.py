"""A data set of eight small street-like pairs on disk, and settings that train in a second."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from pix2pix.classes import PALETTE_RGB
from pix2pix.config import TrainConfig

CLASSES = (7, 8, 11, 21, 23, 26)


def write_pair(root: Path, split: str, name: str, label_ids: np.ndarray, suffix: str = ".png") -> None:
    photos, labels = root / "leftImg8bit" / split / "seq", root / "gtFine" / split / "seq"
    photos.mkdir(parents=True, exist_ok=True)
    labels.mkdir(parents=True, exist_ok=True)
    photo_rgb = PALETTE_RGB[label_ids]  # each pixel's colour names its class: mixing would show
    cv2.imwrite(str(photos / f"{name}_leftImg8bit{suffix}"), photo_rgb[..., ::-1])
    cv2.imwrite(str(labels / f"{name}_gtFine_labelIds.png"), label_ids)


@pytest.fixture
def street_data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for split, count in (("train", 6), ("val", 2)):
        for index in range(count):
            label_ids = np.full((72, 96), 23, np.uint8)
            label_ids[30:] = 11
            label_ids[40:] = 7
            left = rng.integers(0, 60)
            label_ids[36:56, left : left + 24] = 26
            write_pair(tmp_path / "data", split, f"{index:03d}", label_ids)
    return tmp_path / "data"


@pytest.fixture
def tiny_config() -> TrainConfig:
    return TrainConfig.model_validate(
        {
            "name": "tiny",
            "classes": CLASSES,
            "crop_px": 32,
            "generator": {"width": 4, "levels": 4},
            "discriminators": [{"width": 4, "layers": 1}],
            "steps": 4,
            "save_every": 2,
            "sample_every": 4,
        }
    )
