"""How fast drives are written, read, searched and converted, and what they weigh beside folders of PNG.

Run: python benchmarks/recording.py [--frames 300]
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from carla_bridge.convert import ConvertSettings, Identity, convert
from carla_bridge.frames import CameraMeta, DriveTick, LabelFrame, Placement, RecordingMeta
from carla_bridge.labels import tag_table
from carla_bridge.recording.reader import RecordedDrive
from carla_bridge.recording.writer import DriveWriter
from carla_bridge.standin.geometry import Pose
from carla_bridge.standin.rendering.render import Renderer
from carla_bridge.standin.streetscape.town import build_town


def drive_through_a_town(frames, width, height):
    """Return the tags of a drive along one lane of the stand-in's town."""
    town = build_town(0)
    renderer = Renderer(town.scenery)
    lane = max(town.lanes, key=lambda lane: len(lane.points)).points
    places = np.linspace(0, len(lane) - 2, frames)
    maps = []
    for place in places:
        here, there = lane[int(place)], lane[int(place) + 1]
        x, y, z = here + (place % 1.0) * (there - here)
        yaw = float(np.degrees(np.arctan2(*(there - here)[[1, 0]])))
        camera = Pose(float(x), float(y), float(z) + 1.6, yaw=yaw)
        maps.append(renderer.render(camera, width=width, height=height, fov_deg=90.0).tags())
    return maps


def meta(width, height):
    """Return what a recording of one camera says of itself."""
    camera = CameraMeta("front", width, height, 90.0, Placement())
    return RecordingMeta("StandIn/Maps/StandIn-0", "0.9.16", "0.9.14", 20.0, (camera,))


def write(path, maps):
    """Write a recording; return frames/s."""
    height, width = maps[0].shape
    started = time.perf_counter()
    with DriveWriter(path, meta(width, height), overwrite=True) as writer:
        for number, tags in enumerate(maps):
            writer.write(DriveTick((LabelFrame(number, number / 20, tags),)))
    return len(maps) / (time.perf_counter() - started)


def read(path):
    """Read a recording in order; return frames/s."""
    started = time.perf_counter()
    with RecordedDrive(path) as drive:
        count = sum(1 for _ in drive)
    return count / (time.perf_counter() - started)


def seek_ms(path, tries=100):
    """Return median and 95th percentile of finding one frame by tick."""
    rng, times = np.random.default_rng(0), []
    with RecordedDrive(path) as drive:
        for tick in rng.integers(0, len(drive), tries):
            started = time.perf_counter()
            drive.at_tick(int(tick))
            times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times), sorted(times)[int(tries * 0.95)]


def as_png(folder, maps):
    """As image.save_to_disk does: the tag in red, four channels."""
    started = time.perf_counter()
    for number, tags in enumerate(maps):
        bgra = np.zeros((*tags.shape, 4), np.uint8)
        bgra[..., 2], bgra[..., 3] = tags, 255
        cv2.imwrite(str(folder / f"{number:06d}.png"), bgra)
    rate = len(maps) / (time.perf_counter() - started)
    return rate, sum(file.stat().st_size for file in folder.iterdir()) / len(maps)


def converted(path, folder, batch_size):
    """Return frames/s of the whole conversion, and of the engine alone on the same frames."""
    import pix2pix

    engine = pix2pix.load("fast")
    with RecordedDrive(path) as drive:
        table = tag_table(drive.meta.tag_table)
        ids = [table.label_ids(frame.tags) for frame in drive]
        batches = [np.stack(ids[start : start + batch_size]) for start in range(0, len(ids), batch_size)]
        engine(batches[0])
        started = time.perf_counter()
        for batch in batches:
            engine(batch)
        alone = len(ids) / (time.perf_counter() - started)
        settings = ConvertSettings(batch_size=batch_size)
        identity = Identity("", "", "front", "fast", "", "", drive.meta, "", "", settings)
        started = time.perf_counter()
        convert(drive, engine, folder / f"{batch_size}.mp4", identity)
        return len(ids) / (time.perf_counter() - started), alone


def main():
    """Print one line per figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    frames = parser.parse_args().frames
    maps = drive_through_a_town(frames, 1280, 720)
    small = drive_through_a_town(frames // 5, 512, 256)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, png = folder / "drive.mcap", folder / "png"
        png.mkdir()
        writes, reads = [write(path, maps) for _ in range(3)], [read(path) for _ in range(3)]
        png_rate, png_bytes = as_png(png, maps)
        median_ms, p95_ms = seek_ms(path)
        print(f"{frames} frames of tags, 1280×720, one camera")
        print(f"| write | {statistics.median(writes):.0f} frames/s |")
        print(f"| read in order | {statistics.median(reads):.0f} frames/s |")
        print(f"| one frame by tick | {median_ms:.1f} ms median, {p95_ms:.1f} ms p95 |")
        print(f"| size | {path.stat().st_size / frames / 1e3:.1f} kB a frame |")
        print(
            f"| folder of PNG (cv2, four channels) | {png_rate:.0f} frames/s, {png_bytes / 1e3:.1f} kB a frame |"
        )
        write(folder / "small.mcap", small)
        for batch_size in (1, 4):
            whole, alone = converted(folder / "small.mcap", folder, batch_size)
            print(
                f"| convert 512×256, batch {batch_size} | {whole:.2f} frames/s, engine alone {alone:.2f} "
                f"({100 * whole / alone:.0f} %) |"
            )


if __name__ == "__main__":
    main()
