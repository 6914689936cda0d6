"""Cut the silhouettes that `do: insert` knows from the stand-in's own models: python benchmarks/silhouettes.py

It writes carla_bridge/edits/silhouettes/*.png: Cityscapes label ids, 0 around the object, 64 pixels a metre.
"""

import queue
from math import atan, cos, degrees, radians, sin
from pathlib import Path

import cv2
import numpy as np

from carla_bridge.edits.silhouettes import PER_METRE_PX
from carla_bridge.frames import decode_instance_ids, decode_tags
from carla_bridge.home import load_client
from carla_bridge.labels import tag_table
from carla_bridge.standin.process import StandInProcess

OUT = Path(__file__).parents[1] / "carla_bridge/edits/silhouettes"
AWAY_M = 30.0
SIDE_PX = 1024
FOV_DEG = 2 * degrees(atan(SIDE_PX / 2 / (PER_METRE_PX * AWAY_M)))
PLACES = 12  # tried for each; the one with the fewest things in between wins
WANTED = {  # name: blueprint, and from where it is seen: degrees about it, 0 from behind
    "pedestrian": ("walker.pedestrian.0001", 0),
    "pedestrian-side": ("walker.pedestrian.0021", 90),
    "child": ("walker.pedestrian.0048", 30),
    "car-rear": ("vehicle.audi.tt", 0),
    "car-front": ("vehicle.tesla.model3", 180),
    "car-side": ("vehicle.nissan.patrol", 90),
    "truck-rear": ("vehicle.carlamotors.carlacola", 0),
    "bus-rear": ("vehicle.mitsubishi.fusorosa", 0),
    "cyclist-rear": ("vehicle.gazelle.omafiets", 15),
    "cyclist-side": ("vehicle.bh.crossbike", 90),
    "motorcyclist-rear": ("vehicle.yamaha.yzf", 10),
}


def main() -> None:
    """Cut them all."""
    OUT.mkdir(exist_ok=True)
    carla = load_client()
    with StandInProcess(seed=0, vehicles=0, walkers=0, synchronous=True, fixed_delta_seconds=0.05) as server:
        client = carla.Client(server.host, server.port)
        client.set_timeout(30.0)
        world = client.get_world()
        places = world.get_map().get_spawn_points()[:: len(world.get_map().get_spawn_points()) // PLACES][
            :PLACES
        ]
        for name, (blueprint, turn_deg) in WANTED.items():
            cuts = [
                cut
                for place in places
                if (cut := cut_out(carla, world, blueprint, place, turn_deg)) is not None
            ]
            best = max(cuts, key=lambda cut: (cut > 0).sum())
            cv2.imwrite(str(OUT / f"{name}.png"), best, [cv2.IMWRITE_PNG_COMPRESSION, 9])
            print(
                f"{name}: {best.shape[1]}×{best.shape[0]} px, label ids {sorted(set(best.ravel().tolist()) - {0})}"
            )


def cut_out(carla, world, blueprint, place, turn_deg):
    """Return an object's label ids as seen from AWAY_M, or None if it does not fit there."""
    library = world.get_blueprint_library()
    actor = world.try_spawn_actor(library.find(blueprint), place)
    if actor is None:
        return None
    world.tick()
    box, yaw_deg = actor.bounding_box, place.rotation.yaw + turn_deg
    middle_z = actor.get_location().z + box.location.z
    where = actor.get_location() + carla.Location(
        x=-AWAY_M * cos(radians(yaw_deg)), y=-AWAY_M * sin(radians(yaw_deg))
    )
    view = carla.Transform(carla.Location(where.x, where.y, middle_z), carla.Rotation(yaw=yaw_deg))
    sensors, shots = [], []
    for kind, decode in (
        ("semantic_segmentation", decode_tags),
        ("instance_segmentation", decode_instance_ids),
    ):
        sensor = library.find(f"sensor.camera.{kind}")
        for key, value in (("image_size_x", SIDE_PX), ("image_size_y", SIDE_PX), ("fov", FOV_DEG)):
            sensor.set_attribute(key, str(value))
        sensors.append(world.spawn_actor(sensor, view))
        shots.append((queue.Queue(), decode))
        sensors[-1].listen(shots[-1][0].put)
    world.tick()
    tags, ids = (
        decode(seen.get(timeout=20).raw_data, height=SIDE_PX, width=SIDE_PX) for seen, decode in shots
    )
    for sensor in sensors:
        sensor.stop()
        sensor.destroy()
    own = ids == (actor.id & 0xFFFF)
    actor.destroy()
    world.tick()
    if not own.any():
        return None
    label_ids = np.where(own, tag_table("0.9.14").label_ids(tags), 0).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(own.view(np.uint8))
    return label_ids[top : top + height, left : left + width]


if __name__ == "__main__":
    main()
