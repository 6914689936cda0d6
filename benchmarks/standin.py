"""How fast the stand-in serves the official client in synchronous mode. Run `python benchmarks/standin.py [--seed N]`.

The stand-in is a process of its own; cameras ride on its ambient vehicles in turn, and the client receives the raw
bytes of every image before it ticks again. Each line is the median over frames, with the slow and quick 5 %.
"""

import argparse
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import carla
import numpy as np

from carla_bridge.standin.process import StandInProcess

SIZE = {"image_size_x": 1280, "image_size_y": 720}
SEMANTIC, INSTANCE, DEPTH = (
    f"sensor.camera.{kind}" for kind in ("semantic_segmentation", "instance_segmentation", "depth")
)
LIDAR = {"channels": 32, "rotation_frequency": 20, "range": 80}
SCENARIOS: dict[str, list[tuple[str, dict[str, object]]]] = {
    "ticks alone": [],
    "semantic 1280x720": [(SEMANTIC, SIZE)],
    "semantic + instance + depth 1280x720": [(SEMANTIC, SIZE), (INSTANCE, SIZE), (DEPTH, SIZE)],
    "rgb 1280x720": [("sensor.camera.rgb", SIZE)],
    "optical flow 1280x720": [("sensor.camera.optical_flow", SIZE)],
    "lidar 32 channels, 56,000 points/s": [
        ("sensor.lidar.ray_cast", {**LIDAR, "points_per_second": 56_000, "dropoff_general_rate": 0})
    ],
    "lidar 32 channels, 600,000 points/s": [
        ("sensor.lidar.ray_cast", {**LIDAR, "points_per_second": 600_000, "dropoff_general_rate": 0})
    ],
}
WARM_UP, RIDES = 10, 6


@contextmanager
def mounted(world: carla.World, vehicle: carla.Actor, sensors: list) -> Iterator[list[queue.Queue]]:
    """Yield the queues of sensors on a vehicle's roof."""
    place, library = carla.Transform(carla.Location(x=1.0, z=2.4)), world.get_blueprint_library()
    actors, queues = [], []
    for type_id, attributes in sensors:
        blueprint = library.find(type_id)
        for name, value in attributes.items():
            blueprint.set_attribute(name, str(value))
        actors.append(world.spawn_actor(blueprint, place, attach_to=vehicle))
        queues.append(queue.Queue())
        actors[-1].listen(queues[-1].put)
    yield queues
    for actor in actors:
        actor.destroy()


def frame(world: carla.World, queues: list[queue.Queue]) -> int:
    """Tick once, wait for the bytes of all sensors, and return how many they were."""
    tick, received = world.tick(), 0
    for each in queues:
        while (message := each.get(timeout=10.0)).frame != tick:
            pass
        received += len(message.raw_data)
    return received


def measure(world: carla.World, sensors: list, frames: int) -> tuple[np.ndarray, float]:
    """Return the seconds of each frame and the mean number of bytes."""
    vehicles = sorted(world.get_actors().filter("vehicle.*"), key=lambda actor: actor.id)
    seconds, received = [], []
    for vehicle in vehicles[:: max(1, len(vehicles) // RIDES)][:RIDES]:
        with mounted(world, vehicle, sensors) as queues:
            for k in range(WARM_UP + frames // RIDES):
                start = perf_counter()
                count = frame(world, queues)
                if k >= WARM_UP:
                    seconds.append(perf_counter() - start)
                    received.append(count)
    return np.array(seconds), float(np.mean(received))


def resident_mb(pid: int) -> float:
    """Return the memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main() -> None:
    """Print one line per scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vehicles", type=int, default=30)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--only", default="", help="only scenarios whose name has this in it")
    options = parser.parse_args()
    settings = {"synchronous": True, "fixed_delta_seconds": 0.05}
    with StandInProcess(seed=options.seed, vehicles=options.vehicles, **settings) as server:
        client = carla.Client(server.host, server.port)
        client.set_timeout(60.0)
        world = client.get_world()
        world.tick()
        print(
            f"{world.get_map().name}: {options.vehicles} vehicles, {options.frames} frames over {RIDES} rides"
        )
        print(f"{'scenario':38s} frames/s: median (5 % .. 95 %)   MB/frame   stand-in MB")
        for name, sensors in SCENARIOS.items():
            if options.only not in name:
                continue
            seconds, received = measure(world, sensors, options.frames)
            slow, middle, quick = 1.0 / np.percentile(seconds, (95, 50, 5))
            memory = resident_mb(server.pid)
            print(
                f"{name:38s} {middle:8.0f} ({slow:.0f} .. {quick:.0f}){received / 2**20:18.2f}{memory:12.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
