"""Small drives to record: every layer differs from every other, from tick to tick, and in both directions."""

import numpy as np

from carla_bridge.frames import (
    CameraMeta,
    DriveState,
    DriveTick,
    LabelFrame,
    Placement,
    RecordingMeta,
    TrackedActor,
)

WIDTH, HEIGHT = 48, 32
MOUNT = Placement(1.5, -0.25, 1.6, -3.0, 10.0, 0.5)


def meta(*names):
    cameras = tuple(CameraMeta(name, WIDTH, HEIGHT, 90.0, MOUNT) for name in names or ("front",))
    return RecordingMeta("StandIn/Maps/StandIn-0", "0.9.16", "0.9.14", 20.0, cameras, seed=7)


def frame(number, camera="front", *, all_layers=False, size=(HEIGHT, WIDTH)):
    rng = np.random.default_rng([number, len(camera)])
    more = {}
    if all_layers:
        more = {
            "instance_ids": rng.integers(0, 2**16, size).astype(np.uint16),
            "depth_m": rng.random(size, np.float32) * 1000,
            "rgb": rng.integers(0, 256, (*size, 3)).astype(np.uint8),
            "flow": rng.standard_normal((*size, 2), np.float32),
        }
    tags = rng.integers(0, 29, size).astype(np.uint8)
    return LabelFrame(100 + number, 5.0 + number / 20, tags, camera=camera, **more)


def actor(number, type_id="vehicle.tesla.model3"):
    placement = Placement(1.0 + number, 2.0, 0.1 * number, 1.0, 91.0, -2.0)
    return TrackedActor(number, type_id, placement, (0.1, 0.0, 0.7), (2.3, 0.9, 0.7), (7.0, -1.0 / 3, 0.0))


def state(number):
    control = {"throttle": 0.5, "steer": -0.1, "brake": 0.0, "gear": 1}
    weather = {"sun_altitude_angle": 45.0, "cloudiness": 12.5}
    others = (actor(8 + number), actor(9, "walker.pedestrian.0001"))
    return DriveState(100 + number, 5.0 + number / 20, actor(7), control, weather, others)


def tick(number, *cameras, all_layers=False, with_state=True):
    frames = tuple(frame(number, camera, all_layers=all_layers) for camera in cameras or ("front",))
    return DriveTick(frames, state(number) if with_state else None)
