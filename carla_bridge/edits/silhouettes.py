"""The library of silhouettes: label maps of single objects, cut from the stand-in by `benchmarks/silhouettes.py`.

Each is a PNG of Cityscapes label ids, 0 around the object, at 64 pixels a metre; its lowest row stands on the ground.
"""

from functools import cache
from importlib.resources import files

import cv2
import numpy as np

PER_METRE_PX = 64
FOLDER = files("carla_bridge.edits") / "silhouettes"


def known() -> tuple[str, ...]:
    """Return the names of all silhouettes."""
    return tuple(
        sorted(each.name.removesuffix(".png") for each in FOLDER.iterdir() if each.name.endswith(".png"))
    )


@cache
def silhouette(name: str) -> np.ndarray:
    """Return an object's label ids, H,W uint8, 0 where it is not."""
    content = np.frombuffer((FOLDER / f"{name}.png").read_bytes(), np.uint8)
    label_ids = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
    assert label_ids is not None, name
    label_ids.flags.writeable = False
    return label_ids
