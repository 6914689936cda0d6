"""Draw the recipes: python benchmarks/edits.py --out docs/edits.jpg

Of each recipe in configs/edits two views from a car in the stand-in's town: before and after, as label colours and
painted by the shipped generator; those with the most vehicles and people of a
minute's drive. It measures nothing; it is there to be looked at.
"""

from itertools import islice
from pathlib import Path

import click
import cv2
import numpy as np

import pix2pix
from carla_bridge.cli_options import SHIPPED
from carla_bridge.config import CameraConfig, ServerConfig, SessionConfig
from carla_bridge.edits.recipe import load_recipe
from carla_bridge.edits.scene import Lens
from carla_bridge.labels import colorize, tag_table
from carla_bridge.session import LiveDrive
from carla_bridge.standin.process import StandInProcess

ROOT = Path(__file__).parents[1]
CAMERA = CameraConfig(width=512, height=256, sensor_tick_s=1.0)
DRIVE_S = 60
LINE_PX = 22


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "docs/edits.jpg")
@click.option("--checkpoint", default=SHIPPED)
@click.option("--seed", default=4)
def main(out: Path, checkpoint: str, seed: int) -> None:
    """Drive, edit, paint and draw."""
    engine = pix2pix.load(checkpoint)
    recipes = [load_recipe(path) for path in sorted((ROOT / "configs/edits").glob("*.yaml"))]
    frames, camera, table = shots(seed)
    rows = []
    for recipe in recipes:
        cells = []
        for frame in frames:
            after, _ = recipe.applied(frame, Lens.of(camera), table)
            before_ids, after_ids = table.label_ids(frame.tags), table.label_ids(after.tags)
            photos = [engine(label_ids[None])[0] for label_ids in (before_ids, after_ids)]
            before = np.concatenate([colorize(before_ids), photos[0]])
            cells.append(np.concatenate([before, np.concatenate([colorize(after_ids), photos[1]])], axis=1))
        rows.append(captioned(np.concatenate(cells, axis=1), f"{recipe.name}: {recipe.about}"))
    picture = np.concatenate(rows)[..., ::-1]
    small = cv2.resize(
        picture, (1536, round(picture.shape[0] * 1536 / picture.shape[1])), interpolation=cv2.INTER_AREA
    )
    cv2.imwrite(str(out), small, [cv2.IMWRITE_JPEG_QUALITY, 74])


def shots(seed: int):
    """Return the frames of the views, the camera and the tag table."""
    with (
        StandInProcess(
            seed=seed, vehicles=0, walkers=60, synchronous=True, fixed_delta_seconds=0.05
        ) as server,
        LiveDrive.open(
            ServerConfig(host=server.host, port=server.port, takeover=True),
            camera=CAMERA,
            layers=("instance", "depth"),
            session=SessionConfig(seed=seed, vehicles=40),
        ) as drive,
    ):
        table = tag_table(drive.meta.tag_table)
        halves = [list(islice(drive, DRIVE_S // 2)) for _ in range(2)]
        frames = [max(half, key=lambda frame: crowd(table.label_ids(frame.tags))) for half in halves]
        return frames, drive.recording.cameras[0], table


def crowd(label_ids: np.ndarray) -> int:
    """Return how many pixels show vehicles or people, of which those count ten times."""
    people = (label_ids == 24) | (label_ids == 25)
    return int((label_ids >= 26).sum() + 10 * people.sum())


def captioned(picture: np.ndarray, text: str) -> np.ndarray:
    """Return the picture below a line of text."""
    line = np.full((2 * LINE_PX, picture.shape[1], 3), 18, np.uint8)
    cv2.putText(line, text, (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (230, 230, 230), 2, cv2.LINE_AA)
    return np.concatenate([line, picture])


if __name__ == "__main__":
    main()
