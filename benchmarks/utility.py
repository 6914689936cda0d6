"""Does synthetic data help? A small segmenter learns from real photos, synthetic ones and both; real ones test it.

    python benchmarks/utility.py --real PATH/TO/camvid --synthetic dataset/cityscapes --seeds 3

It prints Markdown: mean IoU on the real held-out photos, mean ± standard deviation over the seeds, and every class. The
same number of steps and of pictures is seen in every condition. Few real photos are spread evenly over the real set.
"""

import os
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import torch

from pix2pix.config import TrainConfig
from pix2pix.datasets import open_dataset
from pix2pix.datasets.joined import Joined
from pix2pix.evaluation.report import CLASS_NAMES
from pix2pix.inference import choose_device
from pix2pix.segmenter_training import train_segmenter

CLASSES = (7, 8, 11, 13, 17, 20, 21, 23, 24, 25, 26)  # what CamVid tells apart
SKIP = ("cam0001tp",)  # dusk


@click.command()
@click.option("--real", type=click.Path(path_type=Path), required=True)
@click.option("--synthetic", type=click.Path(path_type=Path), required=True)
@click.option(
    "--few", type=int, default=24, show_default=True, help="So many real photos where they are few."
)
@click.option("--steps", type=int, default=400, show_default=True)
@click.option("--batch-size", type=int, default=8, show_default=True)
@click.option("--crop", type=int, default=192, show_default=True)
@click.option("--width", type=int, default=12, show_default=True, help="Of the segmenter.")
@click.option("--seeds", type=int, default=3, show_default=True)
@click.option("--precision", default="bf16", show_default=True)
@click.option("--device", default="auto", show_default=True)
def main(real, synthetic, few, steps, batch_size, crop, width, seeds, precision, device):
    """Train, test and print the table."""
    chosen, reason = choose_device(device)
    photos, paintings = open_dataset(real, "train", skip=SKIP), open_dataset(synthetic, "train")
    held_out = open_dataset(real, "val")
    half = len(photos)
    conditions = {
        f"real, {len(photos)}": photos,
        f"synthetic, {len(paintings)}": paintings,
        "both, half and half": Joined([photos, paintings], [half, half]),
        f"real, {few}": Joined([photos], [few]),
        f"{few} real and synthetic, half and half": Joined(
            [Joined([Joined([photos], [few])] * (half // few)), paintings], [half // few * few] * 2
        ),
    }
    started = time.perf_counter()
    table = {}
    for name, dataset in conditions.items():
        scores = []
        for seed in range(seeds):
            config = TrainConfig(
                name="utility",
                classes=CLASSES,
                crop_px=crop,
                zoom=(0.5, 1.0),
                color=0.4,
                batch_size=batch_size,
                steps=steps,
                precision=precision,
                seed=seed,
            )
            with tempfile.TemporaryDirectory() as folder:
                score = train_segmenter(
                    config, dataset, held_out, out=Path(folder) / "s.safetensors", width=width, device=chosen
                )
            scores.append(score)
            click.echo(f"{name}, seed {seed}: {score.mean_iou:.3f}", err=True)
        table[name] = scores
    print_table(table)
    threads = torch.get_num_threads()
    print(
        f"\n{steps} steps of {batch_size} crops of {crop} px, width {width}, {seeds} seeds; {len(held_out)} held-out "
        f"photos; {chosen} ({reason}), {threads} threads of {os.cpu_count()} cores, "
        f"{time.perf_counter() - started:.0f} s"
    )


def print_table(table):
    """Print mean IoU and each class's, as Markdown."""
    names = [CLASS_NAMES[each] for each in CLASSES]
    print("| learnt from | mIoU | pixel acc. | " + " | ".join(names) + " |")
    print("|---|---|---|" + "---:|" * len(names))
    for name, scores in table.items():
        means = np.array([score.mean_iou for score in scores])
        pixels = np.mean([score.pixel_accuracy for score in scores])
        classes = np.nanmean([score.class_iou for score in scores], axis=0)
        cells = [f"{means.mean():.3f} ± {means.std(ddof=min(1, len(means) - 1)):.3f}", f"{pixels:.3f}"]
        print(f"| {name} | " + " | ".join([*cells, *(f"{iou:.2f}" for iou in classes)]) + " |")


if __name__ == "__main__":
    main()
