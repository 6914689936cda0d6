"""How fast the stand-in sees: tag images per second of one core's time. Run `python benchmarks/render.py [--seed N]`.

The time is the thread's own, so that a busy machine does not spoil the figure.
"""

import argparse
import os
from time import thread_time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"  # before numpy is imported

import numpy as np  # noqa: E402

from carla_bridge.standin.bodies.models import model_for  # noqa: E402
from carla_bridge.standin.geometry import Pose  # noqa: E402
from carla_bridge.standin.rendering.render import Renderer  # noqa: E402
from carla_bridge.standin.streetscape.town import Town, build_town  # noqa: E402

SIZES = ((1024, 512), (1280, 720))
VIEWS, REPEATS, MOVERS = 12, 5, 20


def movers_of(town: Town) -> list:
    """Return cars at spawn points that are not used as views."""
    model = model_for("vehicle.tesla.model3", {})
    return [(model.mesh, pose, 1 + i) for i, pose in enumerate(town.spawn_points[VIEWS : VIEWS + MOVERS])]


def measure(renderer: Renderer, town: Town, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Return processor seconds per tag image, and triangles that touched the screen, over views and repeats."""
    seconds, drawn = [], []
    movers = movers_of(town)
    for _ in range(REPEATS + 1):
        for pose in town.spawn_points[:VIEWS]:
            camera = pose.compose(Pose(x=1.5, z=1.4))
            start = thread_time()
            visible = renderer.render(camera, width=width, height=height, fov_deg=90.0, movers=movers)
            visible.tags()
            seconds.append(thread_time() - start)
            drawn.append(visible.drawn)
    return np.array(seconds[VIEWS:]), np.array(drawn[VIEWS:])  # the first round compiles and warms up


def in_bands(town: Town, width: int, height: int, bands: int) -> tuple[float, float]:
    """Return the median processor ms of an image drawn in bands, all of it and as if each band had its own core."""
    parts: list[float] = []

    def run(work, bands):  # one after the other, so that each can be timed
        results = []
        for band in bands:
            start = thread_time()
            results.append(work(band))
            parts.append(thread_time() - start)
        return results

    renderer, movers, rows = Renderer(town.scenery, run=run, bands=bands), movers_of(town), []
    for _ in range(REPEATS + 1):
        for pose in town.spawn_points[:VIEWS]:
            parts.clear()
            start, camera = thread_time(), pose.compose(Pose(x=1.5, z=1.4))
            renderer.render(camera, width=width, height=height, fov_deg=90.0, movers=movers)
            whole = thread_time() - start
            rows.append((whole, whole - sum(parts) + max(parts)))
    whole, longest = np.median(np.array(rows[VIEWS:]), axis=0) * 1000.0
    return float(whole), float(longest)


def main() -> None:
    """Print one line per image size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    town = build_town(parser.parse_args().seed)
    renderer = Renderer(town.scenery)
    print(f"{town.name}: {len(town.scenery)} triangles, {MOVERS} movers, {VIEWS} views, one thread")
    print("size        frames/s: median (5 % .. 95 %)   triangles drawn: median, most")
    for width, height in SIZES:
        seconds, drawn = measure(renderer, town, width, height)
        slow, middle, quick = 1.0 / np.percentile(seconds, (95, 50, 5))
        print(
            f"{width:4d}x{height:<4d}   {middle:6.0f} ({slow:.0f} .. {quick:.0f})"
            f"{np.median(drawn):22.0f}, {drawn.max()}"
        )
    whole, longest = in_bands(town, 1280, 720, 2)
    print(f"1280x720 in two bands: {whole:.1f} ms in all, {longest:.1f} ms with a core for each")


if __name__ == "__main__":
    main()
