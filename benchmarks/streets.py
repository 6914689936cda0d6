"""What the stand-in's streets look like: a contact sheet of label maps and the photos painted from them.

Run `python benchmarks/streets.py --out docs/streets.jpg [--maps FOLDER]`: 24 frames from three seeds and, where a
folder with Town01.xodr, Town03.xodr and Town05.xodr is named, from these; each from a car that drives in traffic.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

import pix2pix
from carla_bridge.labels import colorize, tag_table
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.instruments.scene import Scene, capture
from carla_bridge.standin.life.world import World
from carla_bridge.standin.rendering.render import Renderer
from carla_bridge.standin.streetscape.town import Town, build_town, town_from_opendrive

SEEDS, MAPS, FRAMES, COLUMNS = (1, 2, 3), ("Town01", "Town03", "Town05"), 24, 4
WIDTH_PX, HEIGHT_PX, FOV_DEG = 768, 384, 90.0
TILE_PX, CAPTION_PX, GAP_PX = (384, 192), 16, 4
VEHICLES, WALKERS, STEPS, STEP_S = 60, 150, 100, 0.1
LOOKS = 4  # so many views are taken for each that is shown: those with the most classes in them
EYE = Pose(x=0.6, z=1.5)  # of somebody at the wheel
VEHICLE_IDS, MOST_BEHIND_VEHICLES = (26, 27, 28), 0.2  # a view of the back of a lorry says little of a street
PAPER_RGB, INK_RGB = (18, 18, 20), (225, 228, 232)


def towns(maps: Path | None) -> Iterator[Town]:
    """Yield the seeds' towns and then the maps'."""
    for seed in SEEDS:
        yield build_town(seed)
    for name in MAPS if maps else ():
        yield town_from_opendrive(f"StandIn/Maps/{name}", (maps / f"{name}.xodr").read_text())


def label_maps(town: Town, count: int) -> Iterator[np.ndarray]:
    """Yield what drivers far from each other see after a while of traffic, as Cityscapes ids (H,W uint8)."""
    table = tag_table("0.9.14")
    world = World(town, seed=1, vehicles=VEHICLES, walkers=WALKERS, episode_id=1, frame=1, next_id=1)
    for _ in range(STEPS):
        world.step(STEP_S)
    scene, seen = capture(world, Renderer(town.scenery)), []
    for number in egos(scene, LOOKS * count):
        others = replace(scene, movers=[mover for mover in scene.movers if mover[2] != number], looks={})
        pose = scene.actors[number].pose.compose(EYE)
        label_ids = table.label_ids(others.look(pose, WIDTH_PX, HEIGHT_PX, FOV_DEG).tags())
        if np.isin(label_ids, VEHICLE_IDS).mean() < MOST_BEHIND_VEHICLES:
            seen.append(label_ids)
    seen.sort(key=richness, reverse=True)
    yield from seen[:count]


def richness(label_ids: np.ndarray) -> int:
    """Return how many classes cover more than a few pixels of a view."""
    return int((np.bincount(label_ids.ravel()) > label_ids.size * 3e-4).sum())


def egos(scene: Scene, count: int) -> list[int]:
    """Return the numbers of cars, each as far as can be from those before it."""
    cars = [n for n, actor in scene.actors.items() if actor.type_id.startswith("vehicle.") and actor.model]
    places = np.array([(scene.actors[n].pose.x, scene.actors[n].pose.y) for n in cars])
    chosen = [0]
    while len(chosen) < count:
        gaps = np.hypot(*(places[:, None] - places[chosen]).transpose(2, 0, 1)).min(axis=1)
        chosen.append(int(gaps.argmax()))
    return [cars[i] for i in chosen]


def tile(label_ids: np.ndarray, photo_rgb: np.ndarray, caption: str) -> np.ndarray:
    """Return one frame of the sheet: the label map in Cityscapes' colours over the photo."""
    pictures = [
        cv2.resize(each, TILE_PX, interpolation=cv2.INTER_AREA) for each in (colorize(label_ids), photo_rgb)
    ]
    title = np.full((CAPTION_PX, TILE_PX[0], 3), PAPER_RGB, np.uint8)
    cv2.putText(title, caption, (2, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.38, INK_RGB, 1, cv2.LINE_AA)
    whole = np.concatenate([title, *pictures])
    return cv2.copyMakeBorder(whole, 0, GAP_PX, 0, GAP_PX, cv2.BORDER_CONSTANT, value=PAPER_RGB)


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("docs/streets.jpg"))
    parser.add_argument("--maps", type=Path, help="a folder with CARLA's towns as OpenDRIVE files")
    parser.add_argument("--checkpoint", default="fast")
    options = parser.parse_args()
    engine = pix2pix.load(options.checkpoint)
    tiles, sources = [], len(SEEDS) + (len(MAPS) if options.maps else 0)
    for town in towns(options.maps):
        seen = label_maps(town, FRAMES // sources)
        tiles += [tile(label_ids, engine(label_ids[None])[0], town.name) for label_ids in seen]
        print(f"{town.name}: {len(town.things)} things, {len(town.scenery)} triangles")
    rows = [np.concatenate(tiles[i : i + COLUMNS], axis=1) for i in range(0, len(tiles), COLUMNS)]
    sheet_bgr = cv2.cvtColor(np.concatenate(rows), cv2.COLOR_RGB2BGR)
    quality = [
        cv2.IMWRITE_JPEG_QUALITY,
        80,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    if not cv2.imwrite(str(options.out), sheet_bgr, quality):
        raise SystemExit(
            f"{options.out} could not be written; name a .jpg or .png file in a folder that exists"
        )
    print(f"{options.out}: {len(tiles)} frames, {options.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
