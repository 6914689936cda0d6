"""How fast the stand-in serves the official client in synchronous mode. Run `python benchmarks/standin.py [--seed N]`.

The stand-in is a process of its own; cameras ride on its ambient vehicles in turn, and the client receives the raw
bytes of every image before it ticks again. Each line is the median over frames, with the slow and quick 5 %. The
processor time of both processes is there as well: it tells more than the clock does on a busy machine.
"""

import argparse
import os
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


def measure(world: carla.World, sensors: list, frames: int, pid: int) -> tuple[np.ndarray, list[float]]:
    """Return the seconds of each frame; and per frame, the bytes and the processor ms of server and client."""
    vehicles = sorted(world.get_actors().filter("vehicle.*"), key=lambda actor: actor.id)
    seconds, totals = [], np.zeros(3)
    for vehicle in vehicles[:: max(1, len(vehicles) // RIDES)][:RIDES]:
        with mounted(world, vehicle, sensors) as queues:
            for _ in range(WARM_UP):
                frame(world, queues)
            before = np.array([0, processor_ms(pid), processor_ms(os.getpid())])
            for _ in range(frames // RIDES):
                start = perf_counter()
                totals[0] += frame(world, queues)
                seconds.append(perf_counter() - start)
            totals += np.array([0, processor_ms(pid), processor_ms(os.getpid())]) - before
    return np.array(seconds), (totals / len(seconds)).tolist()


def processor_ms(pid: int) -> float:
    """Return the processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000.0 / os.sysconf("SC_CLK_TCK")


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
        print(
            f"{'scenario':38s} frames/s (5 % .. 95 %)   processor ms: stand-in, client   MB/frame   stand-in MB"
        )
        for name, sensors in SCENARIOS.items():
            if options.only not in name:
                continue
            seconds, (received, served, used) = measure(world, sensors, options.frames, server.pid)
            slow, middle, quick = 1.0 / np.percentile(seconds, (95, 50, 5))
            memory = resident_mb(server.pid)
            rates = f"{middle:.0f} ({slow:.0f} .. {quick:.0f})"
            row = f"{served:15.1f},{used:7.1f}{received / 2**20:20.2f}{memory:14.0f}"
            print(f"{name:38s} {rates:24s}{row}", flush=True)


if __name__ == "__main__":
    main()
