"""How fast samples come: PNG files decoded per item against a pack, whole and as training crops, on one thread.

    python benchmarks/loading.py --data PATH/TO/camvid

CamVid is taken as it is, written to PNG (480×360), and a set in full Cityscapes size (2048×1024) is painted on the
fly: noise over smooth colours, so that its PNGs are as large as photos' (about 2.3 MB).
"""

import tempfile
import time
from pathlib import Path

import click
import cv2
import numpy as np

from pix2pix.config import load_train_config
from pix2pix.datasets import open_dataset
from pix2pix.datasets.batches import crop_at
from pix2pix.datasets.pack_writer import PackWriter

CONFIG = Path(__file__).parents[1] / "configs" / "train-camvid.yaml"


def write_cityscapes(root, samples):
    """Write samples as PNG in the Cityscapes layout."""
    for number, (photo_rgb, label_ids) in enumerate(samples):
        for kind, name, picture in (
            ("leftImg8bit", "leftImg8bit", photo_rgb[..., ::-1]),
            ("gtFine", "gtFine_labelIds", label_ids),
        ):
            folder = root / kind / "train" / "city"
            folder.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(folder / f"{number:04d}_{name}.png"), picture)


def painted(count):
    """Yield photo-like noise and blocky label maps, 2048×1024."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        smooth = cv2.resize(rng.integers(0, 256, (8, 16, 3), np.uint8), (2048, 1024))
        noise = rng.normal(0, 4, smooth.shape)
        label_ids = cv2.resize(
            rng.integers(4, 34, (32, 64), np.uint8), (2048, 1024), interpolation=cv2.INTER_NEAREST
        )
        yield np.clip(smooth + noise, 0, 255).astype(np.uint8), label_ids


def per_second(read, count, seconds=4.0):
    """Return how many items a second `read(number)` gives; one pass warms the file cache."""
    for number in range(count):
        read(number)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        read(done % count)
        done += 1
    return done / (time.perf_counter() - start)


def measure(name, root, samples):
    """Print one row of the table."""
    write_cityscapes(root / name, samples)
    files = open_dataset(root / name, "train")
    with PackWriter(root / f"{name}.pack") as writer:
        writer.add("train", ((each, files[number]) for number, each in enumerate(files.names)))
    pack = open_dataset(root / f"{name}.pack", "train")
    config = load_train_config(CONFIG)

    def whole(dataset):
        def read(number):
            sample = dataset[number]
            return np.array(sample.photo_rgb), np.array(sample.label_ids)  # every byte is touched

        return read

    rows = {
        "whole": [per_second(whole(dataset), len(files)) for dataset in (files, pack)],
        "crop": [per_second(lambda n, d=d: crop_at(n, d, config), len(files)) for d in (files, pack)],
    }
    for what, (png, packed) in rows.items():
        print(f"| {name} | {what} | {png:.0f} | {packed:.0f} | {packed / png:.1f}× |", flush=True)


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="CamVid, in the Cityscapes layout."
)
@click.option("--count", default=24, show_default=True, help="Samples of each set.")
def main(data, count):
    """Print samples a second."""
    print("| set | what | PNG/s | pack/s | |\n| --- | --- | --- | --- | --- |")
    camvid = open_dataset(data, "train")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        measure("camvid", root, ((camvid[n].photo_rgb, camvid[n].label_ids) for n in range(count)))
        measure("cityscapes", root, painted(count))


if __name__ == "__main__":
    main()
