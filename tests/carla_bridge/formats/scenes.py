"""A small scene with known answers, as a sample: two cars, one of them behind the other, a walker, a street."""

import numpy as np

from carla_bridge.formats.objects import find_objects
from carla_bridge.formats.sample import Sample
from carla_bridge.frames import CameraMeta, DriveState, Placement, TrackedActor

HEIGHT, WIDTH = 120, 240
CAMERA = CameraMeta("front", WIDTH, HEIGHT, 90.0, Placement(z_m=1.5))
ROAD, SIDEWALK, BUILDING, SKY, PERSON, CAR, BICYCLE = 7, 8, 11, 23, 24, 26, 33


def actor(number, type_id, x_m, y_m, *, yaw_deg=0.0, size_m=(4.0, 2.0, 1.5)):
    length, width, height = size_m
    place = Placement(x_m=x_m, y_m=y_m, yaw_deg=yaw_deg)
    centre, extent = (0.0, 0.0, height / 2), (length / 2, width / 2, height / 2)
    return TrackedActor(number, type_id, place, centre, extent, (1.0, 0.0, 0.0))


EGO = actor(65536 + 9, "vehicle.tesla.model3", 0.0, 0.0)
NEAR = actor(65536 + 300, "vehicle.audi.tt", 12.0, 0.0)
FAR = actor(301, "vehicle.audi.tt", 20.0, 1.5)
WALKER = actor(302, "walker.pedestrian.0001", 10.0, 4.0, size_m=(0.6, 0.6, 1.8))
STATE = DriveState(7, 0.35, EGO, {}, {}, (NEAR, FAR, WALKER))


def sample(split="train", drive="d0000", number=0):
    label_ids = np.full((HEIGHT, WIDTH), SKY, np.uint8)
    instance_ids = np.zeros((HEIGHT, WIDTH), np.uint16)
    depth_m = np.full((HEIGHT, WIDTH), 1000.0, np.float32)
    label_ids[40:70, :90] = BUILDING
    depth_m[40:70, :90] = 30.0
    label_ids[60:] = ROAD
    label_ids[75:, 200:] = SIDEWALK
    depth_m[60:] = 25.0
    for box, label_id, instance_id, far_m in (
        ((57, 121, 70, 142), CAR, 301, 18.0),
        ((60, 107, 76, 133), CAR, 300, 10.0),
        ((56, 163, 79, 173), PERSON, 302, 9.7),
        ((80, 20, 90, 32), BICYCLE, 40000, 6.0),  # parked: no actor
    ):
        top, left, bottom, right = box
        window = np.s_[top:bottom, left + number : right + number]
        label_ids[window], instance_ids[window], depth_m[window] = label_id, instance_id, far_m
    noise = np.random.default_rng(number).integers(0, 40, (HEIGHT, WIDTH, 3), np.uint8)
    photo_rgb = noise + label_ids[..., None] * 4
    objects = find_objects(label_ids, instance_ids, depth_m, CAMERA, STATE)
    return Sample(
        split, drive, 0, number, 7 + number, 0.35, photo_rgb, label_ids, instance_ids, depth_m, CAMERA, EGO, objects
    )  # fmt: skip
