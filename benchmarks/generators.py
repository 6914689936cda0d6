"""What the shipped generators paint of the same label maps, side by side: writes docs/generators.jpg.

    python benchmarks/generators.py --out docs/generators.jpg

It measures nothing; it is there to be looked at.
"""

from itertools import islice
from pathlib import Path

import click
import cv2
import numpy as np

import pix2pix
from carla_bridge import LiveDrive, translate
from carla_bridge.config import CameraConfig
from carla_bridge.labels import colorize
from carla_bridge.standin.process import StandInProcess

VIEWS = ((3, 8), (3, 200), (1, 120))  # the town's seed, and the frame of the drive
CAMERA = CameraConfig(width=480, height=240)


def label_map(seed: int, number: int) -> np.ndarray:
    """Return what the car's camera sees in a frame of a drive, H×W uint8."""
    with (
        StandInProcess(seed=seed) as server,
        LiveDrive.open(host=server.host, port=server.port, camera=CAMERA) as drive,
    ):
        unpainted = translate(drive, lambda label_ids: np.zeros((*label_ids.shape, 3), np.uint8))
        return next(islice(unpainted, number - 1, None)).label_ids


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default="docs/generators.jpg", show_default=True)
def main(out: Path) -> None:
    """Write the picture: label, `fast`, `fine`."""
    engines = [pix2pix.load(name) for name in ("fast", "fine")]
    rows = []
    for label_ids in (label_map(*view) for view in VIEWS):
        photos = [engine(label_ids[None])[0] for engine in engines]
        rows.append(np.concatenate([colorize(label_ids), *photos], axis=1))
    picture = cv2.cvtColor(np.concatenate(rows), cv2.COLOR_RGB2BGR)
    out.write_bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes())


if __name__ == "__main__":
    main()
